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
    connection.execute("TRUNCATE marts.levels")
    with connection.cursor() as cursor:
        with cursor.copy("COPY marts.levels FROM STDIN") as copy:
            for level in levels:
                copy.write_row((*level, as_of, version))
