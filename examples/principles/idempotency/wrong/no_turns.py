"""Replaces a window, unless another run does the same at the same time."""

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
    """Delete the rows that can be seen; another run's cannot, yet."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(CLEAR, [window.start, window.end])
        with cursor.copy(COPY) as copy:
            for reading in readings:
                copy.write_row(reading)
