"""Type each value in the load, and set the bad ones aside."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

import psycopg


def load(
    connection: psycopg.Connection[object],
    items: Iterable[Mapping[str, str]],
) -> None:
    """Fill `readings` and `quarantine` in one transaction."""
    with connection.transaction():
        for item in items:
            try:
                at = datetime.fromisoformat(item["at"])
                row = (item["station"], at, Decimal(item["value"]))
            except InvalidOperation:
                connection.execute(
                    "INSERT INTO quarantine VALUES (%s, %s)",
                    (str(item), "value is no number"),
                )
            else:
                connection.execute(
                    "INSERT INTO readings VALUES (%s, %s, %s)", row
                )


def mean(connection: psycopg.Connection[object]) -> object:
    """Return the mean level of all readings, in metres."""
    query = "SELECT round(avg(value), 3) FROM readings"
    row = connection.execute(query).fetchone()
    return row[0] if isinstance(row, tuple) else None
