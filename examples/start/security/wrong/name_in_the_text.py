"""Writes names and values into the statement, whatever they hold."""

from typing import Any

from psycopg import Connection


def count_rows(
    connection: Connection[Any], schema: str, table: str, since: str
) -> int:
    """Count rows, and do whatever else the table's name says."""
    connection.execute(
        f"SELECT count(*) FROM {schema}.{table} WHERE loaded_at >= '{since}'"
    )
    return 0
