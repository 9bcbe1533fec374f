"""Say on which days a gauge was high: the database knows."""

import psycopg


def high_days(connection: psycopg.Connection[object]) -> int:
    """Return how many days were high."""
    query = "SELECT count(*) FROM high_days"
    row = connection.execute(query).fetchone()
    return int(str(row[0])) if isinstance(row, tuple) else 0
