"""Wrong: this view leaves out the columns that our role may not read."""

from collections.abc import Mapping
from typing import Any

import psycopg


def check_columns(
    connection: psycopg.Connection[Any],
    schema: str,
    table: str,
    expected: Mapping[str, str],
) -> list[str]:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s",
        (schema, table),
    ).fetchall()
    return sorted({name for (name,) in found} - expected.keys())
