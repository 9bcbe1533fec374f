"""What a test compares: the rows that anybody may rely on."""

# --8<-- [start:state]
from typing import Any

import psycopg

QUERIES = {
    "raw.readings": "SELECT measure_id, observed_at, value FROM raw.readings",
    "raw.quarantine": "SELECT item_hash, reason FROM raw.quarantine",
    "serving.river_levels_daily": "SELECT * FROM serving.river_levels_daily",
}


def state(database_url: str, *tables: str) -> dict[str, list[Any]]:
    """Return the rows of the tables, sorted; duplicates stay.

    Load times and generated ids are left out: they differ from run to run.
    """
    utc = "-c TimeZone=UTC"
    with psycopg.connect(database_url, options=utc) as connection:
        return {
            table: sorted(connection.execute(query.encode()), key=repr)
            for table, query in QUERIES.items()
            if table in (tables or QUERIES)
        }


# --8<-- [end:state]
