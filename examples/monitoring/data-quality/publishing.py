"""Publish a version that passed; hold one back that did not."""

# --8<-- [start:publish]
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

_PUBLISH = """
    INSERT INTO ops.published (dataset, version, as_of)
    VALUES ('levels', %(version)s, %(as_of)s)
    ON CONFLICT (dataset) DO UPDATE
    SET version = excluded.version, as_of = excluded.as_of, blocked_by = NULL
"""
_HOLD_BACK = """
    UPDATE ops.published SET blocked_by = %(by)s WHERE dataset = 'levels'
"""


def publish(
    connection: psycopg.Connection[Any],
    version: int,
    as_of: datetime,
    blocked_by: Sequence[str],
) -> bool:
    """Let readers see a version that is written; say whether they do.

    Args:
        as_of: the newest event in it (UTC), which every row shows.
        blocked_by: the checks that block. With any, readers keep what they
            have, and see since when it stands.
    """
    with connection.transaction():
        if blocked_by:
            connection.execute(_HOLD_BACK, {"by": ", ".join(blocked_by)})
            return False
        connection.execute(_PUBLISH, {"version": version, "as_of": as_of})
        return True


# --8<-- [end:publish]
