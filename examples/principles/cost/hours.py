"""Say when a development machine is on: working hours in London."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
FRIDAY = 4
ON, OFF = 7, 19  # o'clock in London


def is_on(moment: datetime) -> bool:
    """Whether it is on at a moment.

    Args:
        moment: with its zone.
    """
    there = moment.astimezone(LONDON)
    return there.weekday() <= FRIDAY and ON <= there.hour < OFF


def percent_saved(first: datetime, days: int) -> float:
    """Return the share of the hours of some days in which it is off."""
    start = first.astimezone(UTC)
    hours = [start + timedelta(hours=n) for n in range(24 * days)]
    return 100 * sum(not is_on(hour) for hour in hours) / len(hours)
