from collections.abc import Mapping
from typing import Any

from river_levels.config import load_settings
from river_levels.handler import Context, Result, window_of
from river_levels.pipeline import opened
from river_levels.windows import DAY


def handler(event: Mapping[str, Any], context: Context) -> Result:
    window = window_of(event)
    done: list[str] = []
    with opened(load_settings()) as pipeline:
        pipeline.prepare()
        for part in window.split(DAY):
            pipeline.ingest(part, "lambda")
            done.append(str(part))
    return {"done": done, "resume_from": None}
