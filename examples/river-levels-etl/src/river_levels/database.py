"""PostgreSQL: a guarded connection, migrations, locks and the run ledger."""

# --8<-- [start:connect]
# --8<-- [start:basics]
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import psycopg
import psycopg.errors
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from river_levels.errors import BusyError, DatabaseError

MIGRATIONS = Path(__file__).with_name("migrations")
CONNECT_TIMEOUT_S = 10
RETRY_LOCK_S = 0.2
# --8<-- [end:basics]

GUARDS = {
    "TimeZone": "UTC",
    "statement_timeout": "15min",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "5min",
}
"""Nothing of ours may hold a lock or a transaction for ever."""


def connect(url: str, application_name: str) -> Engine:
    """Return a small pool of guarded connections.

    Args:
        url: with the driver named, postgresql+psycopg://…
        application_name: shows in pg_stat_activity; name the run.
    """
    options = " ".join(f"-c {name}={value}" for name, value in GUARDS.items())
    return create_engine(
        url,
        pool_size=3,
        max_overflow=0,
        pool_pre_ping=True,
        pool_recycle=600,
        connect_args={
            "application_name": application_name,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "keepalives_idle": 60,
            "options": options,
        },
    )


# --8<-- [end:connect]
def psycopg_of(connection: Connection) -> psycopg.Connection[Any]:
    """Return the psycopg connection beneath, for COPY."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the database URL does not use psycopg 3")
    return driver


# --8<-- [start:errors]
@contextmanager
def database_errors() -> Iterator[None]:
    """Turn the errors of PostgreSQL into one line with a remedy.

    Raises:
        DatabaseError: instead of what SQLAlchemy or psycopg raised.
        BusyError: if that was the wait for a lock, by ``lock_timeout``.
    """
    try:
        yield
    except DBAPIError as error:
        raise _explained(error.orig) from error
    except psycopg.Error as error:
        raise _explained(error) from error


def _explained(error: BaseException | None) -> DatabaseError | BusyError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    if isinstance(error, psycopg.errors.LockNotAvailable):
        remedy = "wait for the run that holds it, or look in pg_stat_activity"
        return BusyError(f"PostgreSQL: {lines[0]}", remedy)
    remedy = "nothing was committed; run again, and report it if it stays"
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        remedy = "grant it to the user in DATABASE_URL, or use another user"
    elif isinstance(error, psycopg.OperationalError):
        remedy = "check DATABASE_URL and that the server runs, then run again"
    return DatabaseError(f"PostgreSQL: {lines[0]}", remedy)


# --8<-- [end:errors]
def migrate(engine: Engine) -> None:
    """Bring the tables up to date; one process at a time.

    Raises:
        DatabaseError: if the server fails or forbids it.
    """
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database_errors(), engine.begin() as connection:
        take_turn(connection, "migrate")
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS ops"))
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")


# --8<-- [start:locks]
def take_turn(connection: Connection, name: str) -> None:
    """Wait for the lock ``name`` and hold it to the end of the transaction."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"river-levels {name}"},
    )


@contextmanager
def exclusive(engine: Engine, name: str, wait_s: float) -> Iterator[None]:
    """Hold the lock ``name`` for the length of a block.

    The lock belongs to a session, so the server frees it if we die.

    Raises:
        BusyError: if another run still holds it after ``wait_s`` seconds.
    """
    key = {"name": f"river-levels {name}"}
    attempt = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
    release = text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))")
    deadline = time.monotonic() + wait_s
    with session_of(engine) as session:
        while not session.scalar(attempt, key):
            if time.monotonic() >= deadline:
                raise BusyError(
                    f"another run holds the lock {name!r}",
                    "wait for it, or look for it in pg_stat_activity",
                )
            time.sleep(RETRY_LOCK_S)
        try:
            yield
        finally:
            session.execute(release, key)


@contextmanager
def session_of(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that is in no transaction between statements."""
    with database_errors(), engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


# --8<-- [end:locks]
