"""Counter-example: tries what happens on a day on which nothing happens."""

# --8<-- [start:wrong]
from collections.abc import Callable

from sqlalchemy import text

from river_levels.pipeline import Pipeline
from river_levels.windows import Window


def test_two_windows_are_loaded(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    pipeline = new_pipeline()
    for day in ("2026-03-28", "2026-03-29"):
        pipeline.ingest(Window.parse(day, "2026-03-31"), "test")

    with pipeline.engine.connect() as connection:
        query = text("SELECT count(*) FROM raw.readings")
        assert connection.scalar(query) == 7


# --8<-- [end:wrong]
