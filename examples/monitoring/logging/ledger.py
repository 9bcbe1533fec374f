"""Record a run in the transaction of its data."""

# --8<-- [start:load]
from collections.abc import Sequence
from typing import Any

import psycopg

_START = """
    INSERT INTO ops.runs (run_id, command, window_start, window_end, status,
                          started_at, code_sha)
    VALUES (%s, 'load', '2026-03-28', '2026-03-29', 'running',
            clock_timestamp(), '2f1c9ab')
"""
_SUCCEED = """
    UPDATE ops.runs
    SET status = 'succeeded', finished_at = clock_timestamp(),
        rows_read = %(rows)s, rows_kept = %(rows)s, rows_quarantined = 0
    WHERE run_id = %(run_id)s
"""
_FAIL = """
    UPDATE ops.runs
    SET status = 'failed', finished_at = clock_timestamp(), error = %s
    WHERE run_id = %s
"""
_INSERT = "INSERT INTO raw.levels VALUES (%s, %s)"


def load(
    connection: psycopg.Connection[Any],
    run_id: str,
    rows: Sequence[tuple[str, float]],
) -> None:
    """Load rows; the ledger says "succeeded" if and only if they are there.

    Args:
        connection: in autocommit mode.

    Raises:
        psycopg.Error: if the database refuses; the run is then "failed".
    """
    connection.execute(_START, (run_id,))
    try:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(_INSERT, rows)
            cursor.execute(_SUCCEED, {"rows": len(rows), "run_id": run_id})
    except psycopg.Error as error:
        connection.execute(_FAIL, (type(error).__name__, run_id))
        raise


# --8<-- [end:load]
