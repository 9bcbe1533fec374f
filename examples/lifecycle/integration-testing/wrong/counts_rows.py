"""Counter-example: three days went in and three rows came out."""

# --8<-- [start:wrong]
from sqlalchemy import text

from river_levels.pipeline import Pipeline
from river_levels.windows import Window

THREE_DAYS = Window.parse("2026-03-28", "2026-03-31")


def test_export_has_a_row_for_each_day(pipeline: Pipeline) -> None:
    pipeline.run(THREE_DAYS)

    query = "SELECT count(*) FROM serving.river_levels_daily"
    with pipeline.engine.connect() as connection:
        assert connection.scalar(text(query)) == 3


# --8<-- [end:wrong]
