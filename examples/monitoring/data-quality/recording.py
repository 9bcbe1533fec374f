"""Keep what each check found, pass or not."""

# --8<-- [start:record]
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    import psycopg
    from checks import Result

SHOWN = 3
_INSERT = """
    INSERT INTO ops.check_results VALUES (
        %(run_id)s, %(check_name)s, %(gate)s, %(severity)s, %(dataset)s,
        %(window_end)s, %(found)s, %(examples)s
    )
    ON CONFLICT (run_id, check_name) DO UPDATE
    SET found = excluded.found, examples = excluded.examples
"""


def record(
    connection: psycopg.Connection[Any],
    run_id: UUID,
    dataset: str,
    window_end: datetime,
    results: Sequence[Result],
) -> None:
    """Store the results of a run; doing it twice is the same as once."""
    rows = [
        {
            "run_id": run_id,
            "check_name": result.check.name,
            "gate": result.check.gate,
            "severity": result.check.severity,
            "dataset": dataset,
            "window_end": window_end,
            "found": len(result.found),
            "examples": "; ".join(result.found[:SHOWN]),
        }
        for result in results
    ]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)


# --8<-- [end:record]
