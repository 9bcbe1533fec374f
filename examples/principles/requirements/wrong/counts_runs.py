"""Divides the runs that went well by the runs that there were."""

from collections.abc import Sequence


def percent_in_time(statuses: Sequence[str]) -> float:
    """Return the share of good runs, in percent."""
    return 100 * statuses.count("succeeded") / len(statuses)
