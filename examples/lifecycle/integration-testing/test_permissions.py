"""What each role of production can do, tried as that role."""

# --8<-- [start:permissions]
from collections.abc import Callable

import psycopg
import pytest

READS = ("serving.river_levels_daily", "serving.latest_river_levels")
HIDDEN = ("raw.readings", "raw.quarantine", "ops.runs", "marts.fct_readings")


def test_reader_sees_the_views_and_nothing_else(
    login: Callable[[str], psycopg.Connection],
) -> None:
    with login("river_levels_ro") as reader:
        reader.autocommit = True  # a refusal ends no transaction
        for table in READS:
            reader.execute(f"SELECT FROM {table} LIMIT 1".encode())
        for table in HIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"SELECT FROM {table} LIMIT 1".encode())


# --8<-- [end:permissions]
