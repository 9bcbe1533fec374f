from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg

SEE = "INSERT INTO ops.lineage VALUES (%s, %s, %s, %s)"


def remember(
    connection: psycopg.Connection[Any],
    edges: Iterable[tuple[str, str]],
    seen_at: datetime,
) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE ops.lineage")
        cursor.executemany(SEE, [(*e, seen_at, seen_at) for e in edges])
