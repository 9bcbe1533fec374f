"""Looks at the names of columns."""

from collections.abc import Iterable, Mapping


def forbidden(rows: Iterable[Mapping[str, object]]) -> list[str]:
    """Return the columns that are called like a person's data."""
    wanted = {"name", "email", "phone", "uprn"}
    return sorted({c for row in rows for c in row if c in wanted})
