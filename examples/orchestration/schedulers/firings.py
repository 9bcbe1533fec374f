"""When each scheduler runs a job of the night in which the clocks change."""

# --8<-- [start:firings]
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MARCH, OCTOBER = date(2026, 3, 29), date(2026, 10, 25)


def shown(wall: datetime, zone: ZoneInfo = LONDON) -> list[datetime]:
    """Return the moments at which a clock shows a time: none, one, or two.

    Args:
        wall: date and time on the clock, without a zone.
        zone: of the clock.

    Returns:
        In UTC, the earlier first.
    """
    both = {
        wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)
    }
    return sorted(
        moment
        for moment in both
        if moment.astimezone(zone).replace(tzinfo=None) == wall
    )


class Policy(StrEnum):
    """What a scheduler does with a time that the clock leaves out, or repeats.

    Only for a job with a fixed hour and minute, read in a local zone.
    """

    CRON = "cron: Debian's, cronie"
    EVENTBRIDGE = "EventBridge Scheduler"
    TASK_SCHEDULER = "Windows Task Scheduler"
    GITHUB = "GitHub Actions, timezone"
    AIRFLOW = "Airflow, CronDataInterval"


def runs(
    policy: Policy, wall: datetime, zone: ZoneInfo = LONDON
) -> list[datetime] | None:
    """Return when a job runs that is set for a time on the clock.

    Args:
        policy: of which scheduler.
        wall: date and time on the clock.
        zone: of the clock.

    Returns:
        In UTC; None where its maker does not say.
    """
    moments = shown(wall, zone)
    if len(moments) == 1:
        return moments
    if moments:
        return in_october(policy, moments)
    return in_march(policy, wall, zone)


def in_march(
    policy: Policy, wall: datetime, zone: ZoneInfo
) -> list[datetime] | None:
    """Return what becomes of a time that does not exist."""
    match policy:
        case Policy.EVENTBRIDGE:
            return []
        case Policy.TASK_SCHEDULER:
            return None
        case Policy.AIRFLOW:
            return [wall.replace(tzinfo=zone, fold=0).astimezone(UTC)]
        case Policy.CRON | Policy.GITHUB:
            later = wall
            while not shown(later, zone):
                later += timedelta(minutes=1)
            return shown(later, zone)


def in_october(
    policy: Policy, moments: list[datetime]
) -> list[datetime] | None:
    """Return what becomes of a time that comes twice."""
    match policy:
        case Policy.CRON | Policy.EVENTBRIDGE:
            return moments[:1]
        case Policy.AIRFLOW:
            return moments[1:]
        case Policy.TASK_SCHEDULER | Policy.GITHUB:
            return None


def on_the_clock(moments: list[datetime] | None) -> str:
    """Return what people in London see on their clock."""
    if moments is None:
        return "not documented"
    seen = [moment.astimezone(LONDON) for moment in moments]
    return ", ".join(f"{when:%H:%M} {when:%Z}" for when in seen) or "never"


def table(at: time) -> str:
    """Return what becomes of a daily job, a line for each scheduler."""
    lines = [f"{f'{at:%H:%M} in London':<25}  {'29 March':<14}  25 October"]
    for policy in Policy:
        spring, autumn = (
            on_the_clock(runs(policy, datetime.combine(day, at)))
            for day in (MARCH, OCTOBER)
        )
        lines.append(f"{policy:<25}  {spring:<14}  {autumn}")
    return "\n".join(lines)


# --8<-- [end:firings]
