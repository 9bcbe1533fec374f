"""Write, audit, publish: readers see a table that has passed."""

from collections.abc import Iterable

import psycopg


class AuditError(Exception):
    """What was written must not be published."""


def publish(
    connection: psycopg.Connection[tuple[object, ...]],
    rows: Iterable[tuple[str, float]],
    least: int,
) -> None:
    """Replace what readers see, if it passes.

    Args:
        connection: in autocommit mode; each step is a transaction.
        rows: station and level, in metres.
        least: publish no fewer rows than this.

    Raises:
        AuditError: what was written stays for inspection; readers go on
            with what they had.
    """
    with connection.transaction():
        connection.execute("DROP TABLE IF EXISTS serving.levels_next")
        connection.execute(
            "CREATE TABLE serving.levels_next"
            " (station text PRIMARY KEY, level_m float8 NOT NULL)"
        )
        with connection.cursor().copy(
            "COPY serving.levels_next FROM STDIN"
        ) as copy:
            for row in rows:
                copy.write_row(row)
    found = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE level_m NOT BETWEEN -5 AND"
        " 50) FROM serving.levels_next"
    ).fetchone()
    if found is None or int(str(found[0])) < least or found[1]:
        raise AuditError(f"rows, rows out of range: {found}")
    with connection.transaction():
        connection.execute("DROP TABLE IF EXISTS serving.levels")
        connection.execute("ALTER TABLE serving.levels_next RENAME TO levels")
