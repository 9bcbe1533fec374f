"""Marks itself as running; a run that is killed never unmarks itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text

from river_levels.errors import BusyError


@contextmanager
def exclusive(engine: Engine, name: str, wait_s: float) -> Iterator[None]:
    """Hold the flag ``name``, for ever if the process dies."""
    flag = {"name": name}
    take = text("INSERT INTO running VALUES (:name) ON CONFLICT DO NOTHING")
    with engine.begin() as connection:
        if connection.execute(take, flag).rowcount == 0:
            raise BusyError(f"{name!r} is running", "wait for it")
    try:
        yield
    finally:
        with engine.begin() as connection:
            drop = text("DELETE FROM running WHERE name = :name")
            connection.execute(drop, flag)
