"""Times of a clock on the wall become moments in UTC, or are refused."""

# --8<-- [start:to_utc]
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class NoSuchMoment(ValueError):
    """The clock never showed this time, or showed it twice."""


def to_utc(wall: datetime) -> datetime:
    """Return the moment, in UTC, when London's clocks showed this time.

    Raises:
        NoSuchMoment: in the hours when the clocks change.
    """
    first, second = (
        wall.replace(tzinfo=LONDON, fold=fold).astimezone(UTC)
        for fold in (0, 1)
    )
    if first > second:
        raise NoSuchMoment(f"{wall} never was")
    if first < second:
        raise NoSuchMoment(f"{wall} was twice")
    return first


# --8<-- [end:to_utc]
