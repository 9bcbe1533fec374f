from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import psycopg


def reload(
    connection: psycopg.Connection[Any],
    levels: Iterable[tuple[str, date, float]],
    as_of: datetime,
    version: str,
) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM marts.levels")
        with cursor.copy("COPY marts.levels FROM STDIN") as copy:
            for level in levels:
                copy.write_row((*level, as_of, version))
