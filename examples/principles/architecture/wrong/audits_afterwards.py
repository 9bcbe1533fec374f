"""Writes into the table that people read, and then looks at it."""

from collections.abc import Iterable

import psycopg


class AuditError(Exception):
    """What was written should not have been."""


def publish(
    connection: psycopg.Connection[tuple[object, ...]],
    rows: Iterable[tuple[str, float]],
    least: int,
) -> None:
    """Replace what readers see, then check it."""
    connection.execute("TRUNCATE serving.levels")
    for row in rows:
        connection.execute("INSERT INTO serving.levels VALUES (%s, %s)", row)
    found = connection.execute(
        "SELECT count(*) FROM serving.levels"
    ).fetchone()
    if found is None or int(str(found[0])) < least:
        raise AuditError(f"rows: {found}")
