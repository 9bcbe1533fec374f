"""Try a budget on a spend that creeps."""

from collections.abc import Sequence


def alarms(spend: Sequence[float], limit: float) -> list[int]:
    """Return the months, counted from 0, in which a fixed budget rings."""
    return [month for month, paid in enumerate(spend) if paid > limit]
