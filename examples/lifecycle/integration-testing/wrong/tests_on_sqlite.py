"""Counter-example: the database of the tests is not that of production."""

# --8<-- [start:wrong]
import sqlite3
from collections.abc import Mapping


def accepted(setup: str, must_fail: Mapping[str, str]) -> list[str]:
    """Return what a database takes although it must not."""
    found = []
    connection = sqlite3.connect(":memory:")
    connection.executescript(setup)
    for lie, statement in must_fail.items():
        try:
            connection.execute(statement)
        except sqlite3.Error:
            continue
        found.append(lie)
    connection.close()
    return found


# --8<-- [end:wrong]
