"""Follow a source that can only say what is new since a moment."""

# --8<-- [start:catch_up]
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

OVERLAP = timedelta(hours=48)  # how late a batch may come

READ = "SELECT newest_at FROM watermarks WHERE source = %s"
UPSERT = """
    INSERT INTO river_levels VALUES (%s, %s, %s)
    ON CONFLICT (measure_id, observed_at) DO UPDATE
    SET value = excluded.value
"""
ADVANCE = """
    INSERT INTO watermarks AS kept VALUES (%s, %s)
    ON CONFLICT (source) DO UPDATE
    SET newest_at = greatest(kept.newest_at, excluded.newest_at)
"""

type Row = tuple[str, datetime, float]


def catch_up(
    connection: psycopg.Connection[Any],
    source: str,
    fetch: Callable[[datetime], Sequence[Row]],
    begin: datetime,
    asked_at: datetime,
) -> int:
    """Fetch what is new, and the overlap again; keep each row once.

    Args:
        connection: outside a transaction.
        fetch: returns what the source has after a moment (UTC).
        begin: what is older is never asked for, UTC.
        asked_at: end of the run's window, UTC. A sensor whose clock runs
            ahead cannot push the watermark beyond it.

    Returns:
        How many rows the source sent.

    Raises:
        psycopg.Error: if PostgreSQL fails; rows and watermark stay.
    """
    with connection.transaction():
        known = connection.execute(READ, [source]).fetchone()
    rows = fetch(max(begin, known[0] - OVERLAP) if known else begin)
    if rows:
        newest = min(asked_at, max(observed_at for _, observed_at, _ in rows))
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(UPSERT, rows)
            cursor.execute(ADVANCE, [source, newest])
    return len(rows)


# --8<-- [end:catch_up]
