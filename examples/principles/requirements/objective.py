"""Say from the run records whether the data were there in time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Objective:
    """The data of the day before are there by a time of day in London."""

    by: time
    percent_of_days: float
    over_days: int


@dataclass(frozen=True)
class Run:
    """A run that published; moments with their zone.

    Attributes:
        window_end: the run covers what happened before this moment.
        published_at: when readers could see it.
    """

    window_end: datetime
    published_at: datetime


@dataclass(frozen=True)
class Verdict:
    """On how many days it was there, and on which it was not."""

    days: int
    missed: tuple[date, ...]
    percent: float
    is_kept: bool


LONDON = ZoneInfo("Europe/London")


def judge(
    objective: Objective, runs: Iterable[Run], last_day: date
) -> Verdict:
    """Hold run records against an objective.

    Every day of the calendar counts, so a day without a run is a miss.

    Args:
        objective: what was agreed.
        runs: the runs that published, from at least that many days.
        last_day: the last day in London that counts.
    """
    known = list(runs)
    days = [last_day - timedelta(days=n) for n in range(objective.over_days)]
    missed = tuple(
        day for day in sorted(days) if not _met(objective.by, known, day)
    )
    percent = 100 * (len(days) - len(missed)) / len(days)
    is_kept = percent >= objective.percent_of_days
    return Verdict(len(days), missed, percent, is_kept)


def _met(by: time, runs: list[Run], day: date) -> bool:
    """Whether all of the day before was published by that time."""
    midnight = datetime.combine(day, time(0), LONDON).astimezone(UTC)
    deadline = datetime.combine(day, by, LONDON).astimezone(UTC)
    return any(
        run.window_end >= midnight and run.published_at <= deadline
        for run in runs
    )
