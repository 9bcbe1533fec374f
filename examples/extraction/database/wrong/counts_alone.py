"""Wrong: as many rows are not the same rows."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql


def fingerprint(
    connection: psycopg.Connection[Any],
    table: tuple[str, str],
    columns: Sequence[str],
) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table))
    return int(connection.execute(query).fetchall()[0][0])
