# --8<-- [start:transform]
import duckdb

DAILY_LEVELS = """
WITH days AS (
    SELECT
        station_id,
        CAST(timezone('Europe/London', observed_at) AS date) AS local_date,
        count(*) AS readings,
        max(level_m) AS highest_m,
        avg(level_m) AS average_m
    FROM readings
    WHERE level_m IS NOT NULL
    GROUP BY station_id, local_date
)

SELECT days.*, stations.name
FROM days
LEFT JOIN stations USING (station_id)
"""
LISTED_TWICE = """
SELECT station_id FROM stations GROUP BY station_id HAVING count(*) > 1
"""


def daily_levels(
    connection: duckdb.DuckDBPyConnection,
) -> duckdb.DuckDBPyRelation:
    """Return levels by gauge and London day; times are UTC, levels metres.

    Reads the views ``readings`` and ``stations``.

    Raises:
        ValueError: if a gauge is listed twice.
    """
    if twice := connection.sql(LISTED_TWICE).fetchall():
        raise ValueError(f"listed twice: {twice}")
    return connection.sql(DAILY_LEVELS)


# --8<-- [end:transform]
