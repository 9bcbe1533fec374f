"""Counter-example: after an outage, the newest window and no other."""

from collections.abc import Collection
from datetime import datetime

type Interval = tuple[datetime, datetime]


def missing(
    wanted: list[Interval], done: Collection[Interval]
) -> list[Interval]:
    """Return the interval that is to be done now."""
    return [interval for interval in wanted[-1:] if interval not in done]
