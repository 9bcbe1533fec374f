"""The entry point of Lambda: it says which window, and nothing else."""

from datetime import datetime, timedelta
from typing import Any

from river_levels.config import load_settings
from river_levels.pipeline import opened
from river_levels.windows import Window


def window_of(event: dict[str, Any]) -> Window:
    """Return the full hour before the moment of the schedule.

    Args:
        event: EventBridge Scheduler puts the moment of the schedule there
            for `<aws.scheduler.scheduled-time>`. A retry brings the same.
    """
    moment = datetime.fromisoformat(event["scheduled_time"])
    end = moment.replace(minute=0, second=0, microsecond=0)
    return Window(end - timedelta(hours=1), end)


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Ingest one window; return how many rows were read and kept."""
    with opened(load_settings()) as pipeline:
        pipeline.prepare()
        counts, _ = pipeline.ingest(window_of(event), "lambda")
    return {"read": counts.read, "kept": counts.kept}
