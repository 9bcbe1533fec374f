from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import psycopg

NEW = "CREATE TABLE marts.levels_new (LIKE marts.levels INCLUDING ALL)"
SWAP = """
    DROP TABLE IF EXISTS marts.levels_old;
    ALTER TABLE marts.levels RENAME TO levels_old;
    ALTER TABLE marts.levels_new RENAME TO levels
"""


def reload(
    connection: psycopg.Connection[Any],
    levels: Iterable[tuple[str, date, float]],
    as_of: datetime,
    version: str,
) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(NEW)
        with cursor.copy("COPY marts.levels_new FROM STDIN") as copy:
            for level in levels:
                copy.write_row((*level, as_of, version))
        cursor.execute(SWAP)
