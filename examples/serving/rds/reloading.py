"""Replace a table that people read, without a moment of nothing."""

# --8<-- [start:reload]
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg

TRIES = 5
NEW = """
    DROP TABLE IF EXISTS marts.levels_new;
    CREATE TABLE marts.levels_new (LIKE marts.levels INCLUDING ALL)
"""
COPY = """
    COPY marts.levels_new
        (measure_id, local_date, highest_m, as_of, data_version)
    FROM STDIN
"""
SWAP = """
    SET LOCAL lock_timeout = '2s';
    LOCK TABLE serving.levels IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE marts.levels RENAME TO levels_old;
    ALTER TABLE marts.levels_new RENAME TO levels;
    CREATE OR REPLACE VIEW serving.levels AS
    SELECT measure_id, local_date, highest_m, as_of, data_version
    FROM marts.levels;
    DROP TABLE marts.levels_old
"""


class Level(NamedTuple):
    """The highest level of a series on a London day, in metres."""

    measure_id: str
    local_date: date
    highest_m: float


def reload(
    connection: psycopg.Connection[Any],
    levels: Iterable[Level],
    as_of: datetime,
    version: str,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Fill a new table beside the old one, then swap the two.

    Args:
        connection: outside a transaction, as the owner.
        as_of: when the source was read, UTC.
        version: of the run; every row carries it.

    Returns:
        How many rows readers see from now on.

    Raises:
        psycopg.Error: readers keep what they had.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(NEW)
        with cursor.copy(COPY) as copy:
            for level in levels:
                copy.write_row((*level, as_of, version))
        rows = cursor.rowcount
        cursor.execute("ANALYZE marts.levels_new")
    for attempt in range(1, TRIES + 1):
        try:
            with connection.transaction():
                connection.execute(SWAP)
        except psycopg.errors.LockNotAvailable:
            if attempt == TRIES:
                raise
            sleep(attempt)  # a long report holds the lock: let it end
        else:
            break
    return rows


# --8<-- [end:reload]
