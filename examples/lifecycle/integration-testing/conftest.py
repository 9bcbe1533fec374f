"""Fixtures of the integration tests: real engines, nothing shared."""

# --8<-- [start:databases]
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

MAJOR = 18  # of PostgreSQL, as engine_version says in infra/


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """Yield the URL of an empty database that nobody else uses.

    It is dropped whatever happens, even with connections open.

    Raises:
        RuntimeError: if the server is of another major than production's.
    """
    name = f"test_{secrets.token_hex(6)}"
    quoted = sql.Identifier(name)
    with psycopg.connect(
        server_url, autocommit=True, connect_timeout=10
    ) as server:
        major = server.info.server_version // 10_000
        if major != MAJOR:
            raise RuntimeError(f"test on PostgreSQL {MAJOR}, not {major}")
        server.execute(sql.SQL("CREATE DATABASE {}").format(quoted))
        try:
            yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            server.execute(drop.format(quoted))


@pytest.fixture
def database_url() -> Iterator[str]:
    """A database of one test, on the server that DATABASE_URL names."""
    with new_database(os.environ["DATABASE_URL"]) as url:
        yield url


# --8<-- [end:databases]
