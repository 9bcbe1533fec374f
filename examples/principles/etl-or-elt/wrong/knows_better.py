"""Says on which days a gauge was high: by a number of its own."""

import psycopg

HIGH_M = 0.6


def high_days(connection: psycopg.Connection[object]) -> int:
    """Return how many days were high."""
    query = "SELECT count(*) FROM daily WHERE max_m >= %s"
    row = connection.execute(query, (HIGH_M,)).fetchone()
    return int(str(row[0])) if isinstance(row, tuple) else 0
