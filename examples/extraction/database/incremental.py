"""Take what changed since last time, without losing what was late."""

# --8<-- [start:upsert]
from datetime import datetime, timedelta
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
SOURCE = "flood_reports"
UPSERT = """
INSERT INTO raw.flood_reports AS ours
    (report_id, ward, depth_cm, updated_at)
VALUES (%s, %s, %s, %s)
ON CONFLICT (report_id) DO UPDATE SET
    ward = excluded.ward,
    depth_cm = excluded.depth_cm,
    updated_at = excluded.updated_at,
    deleted_at = NULL
WHERE ours.updated_at < excluded.updated_at
"""
PROGRESS = """
INSERT INTO raw.progress VALUES (%s, %s)
ON CONFLICT (source) DO UPDATE SET state = excluded.state
"""


def state_of(target: Connection, start: str) -> str:
    """Return how far we are, or where to start."""
    found = target.execute(
        "SELECT state FROM raw.progress WHERE source = %s", (SOURCE,)
    ).fetchone()
    return found[0] if found else start


# --8<-- [end:upsert]
# --8<-- [start:horizon]
FINISHED = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
BETWEEN = """
SELECT report_id, ward, depth_cm, updated_at FROM casework.flood_reports
WHERE changed_in >= %s::xid8 AND changed_in < %s::xid8
"""


def follow_commits(source: Connection, target: Connection) -> None:
    """Take each change once its transaction, and all before it, have ended.

    Args:
        source: a snapshot; both queries must see one moment.
        target: its rows and its progress are committed together.
    """
    with target.transaction():
        begin = state_of(target, "0")
        row = source.execute(FINISHED).fetchone()
        if row is None:
            raise LookupError("the source gave no snapshot")
        for change in source.execute(BETWEEN, (begin, row[0])):
            target.execute(UPSERT, change)
        target.execute(PROGRESS, (SOURCE, row[0]))


# --8<-- [end:horizon]
# --8<-- [start:overlap]
SINCE = """
SELECT report_id, ward, depth_cm, updated_at FROM casework.flood_reports
WHERE updated_at >= %s ORDER BY updated_at
"""


def follow_times(
    source: Connection, target: Connection, overlap: timedelta
) -> None:
    """Take what changed since the newest change that we saw, less an overlap.

    Args:
        overlap: longer than any transaction of the source.
    """
    with target.transaction():
        newest = datetime.fromisoformat(state_of(target, "2000-01-01T00:00Z"))
        since = newest - overlap
        for change in source.execute(SINCE, (since,)):
            target.execute(UPSERT, change)
            newest = max(newest, change[3])
        target.execute(PROGRESS, (SOURCE, newest.isoformat()))


# --8<-- [end:overlap]
