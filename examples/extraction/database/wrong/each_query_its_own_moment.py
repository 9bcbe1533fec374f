"""Wrong: what is committed between two queries is in the second alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


@contextmanager
def snapshot(url: str, run: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, application_name=run) as connection:
        yield connection
