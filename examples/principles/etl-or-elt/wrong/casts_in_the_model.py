"""Loads everything as text, and types it in the model."""

from collections.abc import Iterable, Mapping

import psycopg


def load(
    connection: psycopg.Connection[object],
    items: Iterable[Mapping[str, str]],
) -> None:
    """Fill `raw_readings`."""
    with connection.transaction():
        for item in items:
            connection.execute(
                "INSERT INTO raw_readings VALUES"
                " (%(station)s, %(at)s, %(value)s)",
                item,
            )


def mean(connection: psycopg.Connection[object]) -> object:
    """Return the mean level of all readings, in metres."""
    query = "SELECT round(avg(value::numeric), 3) FROM raw_readings"
    row = connection.execute(query).fetchone()
    return row[0] if isinstance(row, tuple) else None
