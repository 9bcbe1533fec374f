"""Ask whether a schedule can meet an objective at all."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim


def unreachable(
    manifest: dict[str, Any], year: int, run_minutes: int
) -> list[date]:
    """Return the days on which no run can be done in time.

    A run counts if it starts after midnight in London, when the day before
    is complete, and would be done by the time that was agreed.

    Args:
        manifest: of the pipeline, with its intake.
        year: all of its days are tried, both clock changes among them.
        run_minutes: how long a slow run takes.
    """
    london = ZoneInfo("Europe/London")
    schedule = manifest["schedule"]
    zone = ZoneInfo(schedule["timezone"])
    by = time.fromisoformat(manifest["intake"]["objective"]["by"])
    late = []
    for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days):
        day = date(year, 1, 1) + timedelta(days=number)
        midnight = datetime.combine(day, time(0), london)
        start = next(
            CronSim(
                schedule["cron"],
                midnight.astimezone(zone) - timedelta(minutes=1),
            )
        )
        done = start.astimezone(UTC) + timedelta(minutes=run_minutes)
        if done > datetime.combine(day, by, london).astimezone(UTC):
            late.append(day)
    return late
