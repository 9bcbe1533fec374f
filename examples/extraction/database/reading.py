"""Read one moment of somebody else's database, and nothing but read."""

# --8<-- [start:snapshot]
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import IsolationLevel

CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT = "10min"


@contextmanager
def snapshot(url: str, run: str) -> Iterator[psycopg.Connection[Any]]:
    """Yield a connection whose queries all see the same moment.

    Args:
        url: with `sslmode=verify-full`.
        run: shows in the owner's pg_stat_activity; name pipeline and run.

    Raises:
        psycopg.OperationalError: if the server cannot be reached.
    """
    with psycopg.connect(
        url,
        application_name=run,
        connect_timeout=CONNECT_TIMEOUT_S,
        options=f"-c TimeZone=UTC -c statement_timeout={STATEMENT_TIMEOUT}",
    ) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


# --8<-- [end:snapshot]
