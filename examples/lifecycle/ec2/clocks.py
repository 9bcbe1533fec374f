"""When a schedule fires, on the clock of those who wait for it."""

# --8<-- [start:clocks]
import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

LONDON = ZoneInfo("Europe/London")


def firings(
    expression: str, zone: str, first: date, last: date
) -> list[datetime]:
    """Return when EventBridge Scheduler fires, in London's time.

    Args:
        expression: such as ``cron(0 19 * * ? *)``, every year.
        zone: that the expression is read in; EventBridge rules know UTC
            only.
        first: and ``last``: London days, both included.

    Raises:
        ValueError: if it is no expression of this form.
    """
    fields = re.fullmatch(r"cron\((\S+ \S+ \S+ \S+ \S+) \*\)", expression)
    if not fields:
        raise ValueError(f"no daily cron(...): {expression}")
    cron = fields[1].replace("?", "*")
    start = datetime.combine(first, time(), LONDON)
    end = datetime.combine(last + timedelta(days=1), time(), LONDON)
    found = []
    for moment in CronSim(cron, start.astimezone(ZoneInfo(zone))):
        if moment >= end:
            break
        found.append(moment.astimezone(LONDON))
    return found


# --8<-- [end:clocks]
