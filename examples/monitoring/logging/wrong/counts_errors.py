from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any


def alarms(
    now: datetime, runs: Sequence[Any], readings: Sequence[Any]
) -> list[SimpleNamespace]:
    recent = [r for r in runs if now - r.finished_at < timedelta(hours=1)]
    errors = [run for run in recent if not run.succeeded]
    return [SimpleNamespace(kind="error", since=now) for _ in errors]
