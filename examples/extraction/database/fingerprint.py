"""Tell whether two tables hold the same rows, in whatever order."""

# --8<-- [start:fingerprint]
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

ROWS = """
SELECT
    count(*),
    coalesce(sum(('x' || left(md5(ROW({})::text), 15))::bit(60)::bigint), 0)
FROM {}
"""


def fingerprint(
    connection: psycopg.Connection[Any],
    table: tuple[str, str],
    columns: Sequence[str],
) -> tuple[int, int]:
    """Return the number of rows, and a sum over their contents.

    Args:
        connection: in UTC: times are compared as text.
        columns: in one order on both sides, of the same types.
    """
    names = sql.SQL(", ").join(sql.Identifier(column) for column in columns)
    query = sql.SQL(ROWS).format(names, sql.Identifier(*table))
    rows, total = connection.execute(query).fetchall()[0]
    return int(rows), int(total)


# --8<-- [end:fingerprint]
