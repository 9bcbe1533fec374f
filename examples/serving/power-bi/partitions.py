"""The windows in which Power BI refreshes a table piece by piece."""

# --8<-- [start:partitions]
from collections.abc import Iterator
from datetime import UTC, date, datetime, time


def partitions(
    first: date, today: date, recent_days: int
) -> Iterator[tuple[datetime, datetime]]:
    """Yield (RangeStart, RangeEnd): whole months, then single days, UTC.

    Args:
        first: the first day that is kept.
        today: passed in, so that the plan can be tested.
        recent_days: as many days before today are refreshed each time.

    Raises:
        ValueError: if nothing is older than the recent days.
    """
    edge = date.fromordinal(today.toordinal() - recent_days)
    if first >= edge:
        raise ValueError(f"{first} is within the last {recent_days} days")
    start = first
    while start < edge:
        after = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        yield _utc(start), _utc(min(after, edge))
        start = min(after, edge)
    for number in range(edge.toordinal(), today.toordinal() + 1):
        day = date.fromordinal(number)
        yield _utc(day), _utc(date.fromordinal(number + 1))


def _utc(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# --8<-- [end:partitions]
