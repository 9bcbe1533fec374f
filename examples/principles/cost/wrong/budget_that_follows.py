"""Sets each month's budget by what was spent in the last three."""

from collections.abc import Sequence


def alarms(spend: Sequence[float], limit: float) -> list[int]:
    """Return the months in which the budget rings: 20 % above the mean."""
    return [
        month
        for month, paid in enumerate(spend)
        if month >= 3 and paid > 1.2 * sum(spend[month - 3 : month]) / 3
    ]
