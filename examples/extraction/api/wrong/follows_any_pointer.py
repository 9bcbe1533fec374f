"""Follows the pointer to the next page wherever it leads."""

from collections.abc import Callable, Iterator

from river_levels.http import PoliteClient, Reply


def pages(
    client: PoliteClient, first: str, next_of: Callable[[Reply], str | None]
) -> Iterator[Reply]:
    """Yield pages until there are no more, if that ever happens."""
    address: str | None = first
    while address is not None:
        reply = client.get(address, {})
        yield reply
        address = next_of(reply)
