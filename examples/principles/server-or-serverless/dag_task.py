"""The entry point of Airflow: the body of one task."""

from datetime import datetime

from river_levels.config import load_settings
from river_levels.pipeline import opened
from river_levels.windows import Window


def ingest(data_interval_start: datetime, data_interval_end: datetime) -> int:
    """Ingest one data interval; return how many rows were kept."""
    window = Window(data_interval_start, data_interval_end)
    with opened(load_settings()) as pipeline:
        pipeline.prepare()
        counts, _ = pipeline.ingest(window, "airflow")
    return counts.kept
