"""Count the rows of a table whose name comes from outside."""

# --8<-- [start:count_rows]
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier


def count_rows(
    connection: Connection[Any], schema: str, table: str, since: str
) -> int:
    """Count the rows that were loaded since a time (ISO 8601, UTC).

    Raises:
        psycopg.errors.UndefinedTable: if there is no such table.
    """
    query = SQL("SELECT count(*) FROM {} WHERE loaded_at >= %s").format(
        Identifier(schema, table)
    )
    row = connection.execute(query, [since]).fetchone()
    return int(row[0]) if row else 0


# --8<-- [end:count_rows]
