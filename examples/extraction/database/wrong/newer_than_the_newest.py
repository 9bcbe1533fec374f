"""Wrong: a row that was written earlier and committed later never comes."""

from datetime import datetime, timedelta
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]


def follow_times(
    source: Connection, target: Connection, overlap: timedelta
) -> None:
    with target.transaction():
        newest = target.execute(
            "SELECT max(updated_at) FROM raw.flood_reports"
        ).fetchone()
        since = (newest and newest[0]) or datetime.min
        for change in source.execute(
            "SELECT report_id, ward, depth_cm, updated_at"
            " FROM casework.flood_reports WHERE updated_at > %s",
            (since,),
        ):
            target.execute(
                "INSERT INTO raw.flood_reports VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (report_id) DO UPDATE SET ward = excluded.ward,"
                " depth_cm = excluded.depth_cm,"
                " updated_at = excluded.updated_at",
                change,
            )
