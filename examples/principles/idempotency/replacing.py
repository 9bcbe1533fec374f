"""Replace one window of a table: all of it, in one transaction."""

# --8<-- [start:replace_window]
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from river_levels.windows import Window

TAKE_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('river_levels', 0))"
CLEAR = "DELETE FROM river_levels WHERE observed_at >= %s AND observed_at < %s"
COPY = "COPY river_levels (measure_id, observed_at, value) FROM STDIN"


class Reading(NamedTuple):
    """One value of one measure; ``observed_at`` is UTC."""

    measure_id: str
    observed_at: datetime
    value: float


def replace_window(
    connection: psycopg.Connection[Any],
    window: Window,
    readings: Iterable[Reading],
) -> int:
    """Make the table hold these readings in the window, and no others.

    Args:
        connection: outside a transaction, with ``lock_timeout`` set.
        readings: at hand, since a lock is held while they are sent.

    Returns:
        How many rows the window now has.

    Raises:
        ValueError: if a reading lies outside the window; nothing changed.
        psycopg.Error: if PostgreSQL fails; nothing changed.
    """
    rows = 0
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(TAKE_TURN)  # a second run waits here
        cursor.execute(CLEAR, [window.start, window.end])
        with cursor.copy(COPY) as copy:
            for reading in readings:
                if reading.observed_at not in window:
                    raise ValueError(f"{reading} is not in {window}")
                copy.write_row(reading)
                rows += 1
    return rows


# --8<-- [end:replace_window]
