"""Find what the source deleted: it tells nobody."""

# --8<-- [start:reconcile]
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

GONE = """
UPDATE raw.flood_reports AS ours SET deleted_at = %s
WHERE deleted_at IS NULL AND NOT EXISTS (
    SELECT FROM source_keys AS theirs WHERE theirs.report_id = ours.report_id
)
"""
MISSING = """
SELECT count(*) FROM source_keys AS theirs WHERE NOT EXISTS (
    SELECT FROM raw.flood_reports AS ours
    WHERE ours.report_id = theirs.report_id AND ours.deleted_at IS NULL
)
"""


class TooManyGone(Exception):
    """So many keys have gone that the list is more likely wrong."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many rows the source deleted, and how many we never got."""

    gone: int
    missing: int


def reconcile(
    source: psycopg.Connection[Any],
    target: psycopg.Connection[Any],
    seen_at: datetime,
    most_gone: float = 0.05,
) -> Reconciled:
    """Compare all keys, and mark what has gone.

    Args:
        source: a snapshot that began after the last load.
        seen_at: when the keys were read, UTC.
        most_gone: the share of our rows that may go at once.

    Raises:
        TooManyGone: if more went; nothing is marked then.
    """
    with target.transaction():
        target.execute(
            "CREATE TEMP TABLE source_keys (report_id bigint PRIMARY KEY)"
            " ON COMMIT DROP"
        )
        keys = "COPY (SELECT report_id FROM casework.flood_reports) TO STDOUT"
        with (
            source.cursor().copy(keys) as out,
            target.cursor().copy("COPY source_keys FROM STDIN") as into,
        ):
            for block in out:
                into.write(block)
        ours = count(
            target,
            "SELECT count(*) FROM raw.flood_reports WHERE deleted_at IS NULL",
        )
        gone = target.execute(GONE, (seen_at,)).rowcount
        if gone > most_gone * ours:
            raise TooManyGone(f"{gone} of {ours} keys have gone")
        return Reconciled(gone, count(target, MISSING))


def count(connection: psycopg.Connection[Any], query: str) -> int:
    """Return the one number that a query gives."""
    found = connection.execute(query.encode()).fetchone()
    return int(found[0]) if found else 0


# --8<-- [end:reconcile]
