"""Says when a development machine is on: by the server's clock."""

from datetime import UTC, datetime


def is_on(moment: datetime) -> bool:
    """Whether it is on at a moment."""
    there = moment.astimezone(UTC)
    return there.weekday() < 5 and 7 <= there.hour < 19
