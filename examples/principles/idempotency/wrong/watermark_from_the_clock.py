"""Remembers when it asked, not what it saw: late readings never come."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import psycopg

READ = "SELECT newest_at FROM watermarks WHERE source = %s"
INSERT = "INSERT INTO river_levels VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
ADVANCE = """
    INSERT INTO watermarks VALUES (%s, %s)
    ON CONFLICT (source) DO UPDATE SET newest_at = excluded.newest_at
"""


def catch_up(
    connection: psycopg.Connection[Any],
    source: str,
    fetch: Callable[[datetime], Sequence[tuple[str, datetime, float]]],
    begin: datetime,
    asked_at: datetime,
) -> int:
    """Fetch what was measured since we asked last."""
    with connection.transaction(), connection.cursor() as cursor:
        known = cursor.execute(READ, [source]).fetchone()
        rows = fetch(known[0] if known else begin)
        cursor.executemany(INSERT, rows)
        cursor.execute(ADVANCE, [source, asked_at])
    return len(rows)
