"""Wrong: a deleted row has no newer time, so nobody ever sees it go."""

from datetime import datetime
from typing import Any

import psycopg


def reconcile(
    source: psycopg.Connection[Any],
    target: psycopg.Connection[Any],
    seen_at: datetime,
    most_gone: float = 0.05,
) -> None:
    changed = source.execute(
        "SELECT report_id, ward, depth_cm, updated_at"
        " FROM casework.flood_reports WHERE updated_at >= %s",
        (seen_at,),
    )
    for row in changed:
        target.execute(
            "INSERT INTO raw.flood_reports VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (report_id) DO NOTHING",
            row,
        )
