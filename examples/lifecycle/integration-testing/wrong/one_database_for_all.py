"""Counter-example: whoever tests at the same time tests your rows too."""

# --8<-- [start:wrong]
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """Yield the URL of the database that the team tests on."""
    yield server_url


# --8<-- [end:wrong]
