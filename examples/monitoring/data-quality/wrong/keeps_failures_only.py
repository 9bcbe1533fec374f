from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

INSERT = """
    INSERT INTO ops.check_results
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


def record(
    connection: psycopg.Connection[Any],
    run_id: UUID,
    dataset: str,
    window_end: datetime,
    results: Sequence[Any],
) -> None:
    for result in results:
        if result.found:
            check = result.check
            row = (run_id, check.name, check.gate, check.severity, dataset)
            shown = (window_end, len(result.found), result.found[0])
            connection.execute(INSERT, row + shown)
