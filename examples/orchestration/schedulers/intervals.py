"""Data intervals of a cron expression: what each run has to read."""

# --8<-- [start:intervals]
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

type Interval = tuple[datetime, datetime]

DAY = timedelta(days=1)
RESOLUTION = datetime.resolution


def intervals(
    expression: str, zone: str, start: datetime, end: datetime
) -> list[Interval]:
    """Return the intervals between the firings of a cron expression.

    They are half-open, leave no gap and do not overlap, over clock changes
    too. Of daily and hourly schedules, Airflow's CronDataIntervalTimetable
    makes the same ones, unless the start lies in the hour that comes twice.

    Args:
        expression: five fields, such as ``7 * * * *``.
        zone: that it is read in, such as ``Europe/London``.
        start: no interval begins before it; with a zone.
        end: no interval ends after it; with a zone.

    Returns:
        First moment of each, and the first that is no longer part of it; in
        UTC.

    Raises:
        ValueError: if start or end has no zone.
        CronSimError: if it is no cron expression.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("start and end need a zone")
    bounds = bounds_from(expression, ZoneInfo(zone), start)
    return list(pairwise(takewhile(lambda bound: bound <= end, bounds)))


def bounds_from(
    expression: str, zone: ZoneInfo, start: datetime
) -> Iterator[datetime]:
    """Yield the bounds from a moment on, each once, in UTC."""
    local = (start - DAY).astimezone(zone)
    if expression.split()[1] == "*":  # every hour, whatever its name
        hours = CronSim(expression, local)
        found = (moment.astimezone(UTC) for moment in hours)
    else:
        walls = CronSim(expression, local.replace(tzinfo=None))
        found = (on_the_wall(wall, zone) for wall in walls)
    last = start - RESOLUTION
    for moment in found:
        if moment > last:
            yield moment
            last = moment


def on_the_wall(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which a clock shows a time, in UTC.

    In March 01:30 does not exist, and 02:30 is meant. In October it comes
    twice, and the second is meant.
    """
    moment = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def missing(
    wanted: list[Interval], done: Collection[Interval]
) -> list[Interval]:
    """Return the intervals that no run has done, oldest first."""
    return [interval for interval in wanted if interval not in done]


# --8<-- [end:intervals]
