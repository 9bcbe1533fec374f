"""Rows for development and test: as many as there are, about nobody."""

# --8<-- [start:for_tests]
from collections.abc import Callable, Iterable, Iterator


def for_tests[Row](
    production: Iterable[object], invent: Callable[[int], Iterator[Row]]
) -> list[Row]:
    """Return invented rows; of production, only their number is used."""
    return list(invent(sum(1 for _ in production)))


# --8<-- [end:for_tests]
