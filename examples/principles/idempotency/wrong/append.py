"""Adds the rows of a window to whatever the table has."""

from collections.abc import Iterable
from typing import Any

import psycopg

from river_levels.windows import Window

COPY = "COPY river_levels (measure_id, observed_at, value) FROM STDIN"


def replace_window(
    connection: psycopg.Connection[Any],
    window: Window,
    readings: Iterable[tuple[Any, ...]],
) -> None:
    """Append the readings; the second run appends them again."""
    with connection.transaction(), connection.cursor() as cursor:
        with cursor.copy(COPY) as copy:
            for reading in readings:
                copy.write_row(reading)
