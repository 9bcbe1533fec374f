"""Remember every edge that there ever was."""

# --8<-- [start:remember]
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg

_SEE = """
    INSERT INTO ops.lineage AS known VALUES (%s, %s, %s, %s)
    ON CONFLICT (origin, target) DO UPDATE
    SET last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at)
"""


def remember(
    connection: psycopg.Connection[Any],
    edges: Iterable[tuple[str, str]],
    seen_at: datetime,
) -> None:
    """Note the edges of a build at ``seen_at`` (UTC); delete none."""
    rows = [(*edge, seen_at, seen_at) for edge in edges]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(_SEE, rows)


# --8<-- [end:remember]
