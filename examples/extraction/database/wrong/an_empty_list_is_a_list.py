"""Wrong: believes any list of keys, also one that came back empty."""

from datetime import datetime
from typing import Any

import psycopg


def reconcile(
    source: psycopg.Connection[Any],
    target: psycopg.Connection[Any],
    seen_at: datetime,
    most_gone: float = 0.05,
) -> None:
    keys = source.execute("SELECT report_id FROM casework.flood_reports")
    target.execute(
        "UPDATE raw.flood_reports SET deleted_at = %s"
        " WHERE NOT report_id = ANY(%s)",
        (seen_at, [key for (key,) in keys]),
    )
