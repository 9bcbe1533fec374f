"""Whether all pools together fit into the server."""

# --8<-- [start:check_pools]
from collections.abc import Iterable
from dataclasses import dataclass

USABLE_PERCENT = 80
"""The rest is for people, monitoring and the server's own reserve."""


@dataclass(frozen=True)
class Client:
    """A program that keeps a pool in each of its processes."""

    name: str
    processes: int
    pool_size: int
    max_overflow: int

    @property
    def connections(self) -> int:
        """How many connections it opens at most."""
        return self.processes * (self.pool_size + self.max_overflow)


def check_pools(clients: Iterable[Client], max_connections: int) -> int:
    """Return how many connections all clients open at most.

    Raises:
        ValueError: if that is 80% of ``max_connections`` or more.
    """
    needs = {client.name: client.connections for client in clients}
    total = sum(needs.values())
    if total * 100 >= max_connections * USABLE_PERCENT:
        raise ValueError(
            f"{total} connections ({needs}) do not fit into "
            f"{USABLE_PERCENT}% of {max_connections}"
        )
    return total


# --8<-- [end:check_pools]
