"""Counts one process of each program, and forgets its overflow."""

from collections.abc import Iterable
from typing import Any


def check_pools(clients: Iterable[Any], max_connections: int) -> int:
    """Return the sum of the pool sizes, as if that were all."""
    total = sum(int(client.pool_size) for client in clients)
    if total >= max_connections:
        raise ValueError(f"{total} connections do not fit")
    return total
