from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

TAKE_ROLE = text("SELECT set_config('role', :role, false)")


@contextmanager
def reading_as(engine: Engine, role: str) -> Iterator[Connection]:
    with engine.begin() as connection:
        connection.execute(TAKE_ROLE, {"role": role})
        yield connection
