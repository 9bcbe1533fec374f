"""Commits the deletion before the new rows are in."""

from collections.abc import Iterable
from typing import Any

import psycopg

from river_levels.windows import Window

CLEAR = "DELETE FROM river_levels WHERE observed_at >= %s AND observed_at < %s"
COPY = "COPY river_levels (measure_id, observed_at, value) FROM STDIN"


def replace_window(
    connection: psycopg.Connection[Any],
    window: Window,
    readings: Iterable[tuple[Any, ...]],
) -> None:
    """Empty the window, and fill it if all goes well."""
    with connection.transaction():
        connection.execute(CLEAR, [window.start, window.end])
    with connection.transaction(), connection.cursor() as cursor:
        with cursor.copy(COPY) as copy:
            for reading in readings:
                copy.write_row(reading)
