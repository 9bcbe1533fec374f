"""Read as one of several roles through one shared pool."""

# --8<-- [start:reading_as]
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

TAKE_ROLE = text("SELECT set_config('role', :role, true)")  # true: SET LOCAL


@contextmanager
def reading_as(engine: Engine, role: str) -> Iterator[Connection]:
    """Yield a connection that is ``role`` until its transaction ends.

    Args:
        engine: logs in as a member of the role that inherits nothing.
        role: from our own table of users, never from a request.

    Raises:
        sqlalchemy.exc.DBAPIError: if the login may not become that role.
    """
    with engine.begin() as connection:
        connection.execute(TAKE_ROLE, {"role": role})
        yield connection


# --8<-- [end:reading_as]
