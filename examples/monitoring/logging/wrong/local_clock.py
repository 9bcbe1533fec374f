from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def on_the_wall(moment: datetime) -> datetime:
    return moment.astimezone(LONDON).replace(tzinfo=None)


def alarms(
    now: datetime, runs: Sequence[Any], readings: Sequence[Any]
) -> list[SimpleNamespace]:
    last = on_the_wall(runs[-1].finished_at)
    if on_the_wall(now) - last > timedelta(minutes=90):
        return [SimpleNamespace(kind="no run", since=last)]
    return []
