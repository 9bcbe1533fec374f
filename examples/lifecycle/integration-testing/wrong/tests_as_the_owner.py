"""Counter-example: the role that made the tables may do everything."""

# --8<-- [start:wrong]
from collections.abc import Callable

import psycopg

READS = ("serving.river_levels_daily", "serving.latest_river_levels")


def test_reader_sees_the_views(
    login: Callable[[str], psycopg.Connection],
) -> None:
    with login("") as owner:
        for table in READS:
            owner.execute(f"SELECT FROM {table} LIMIT 1".encode())


# --8<-- [end:wrong]
