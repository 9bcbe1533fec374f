"""One client for one source, and it says who is asking."""

# --8<-- [start:ask]
from contextlib import closing
from typing import Any

from river_levels.http import PoliteClient, RateLimiter

LIMITER = RateLimiter(per_second=4)  # shared by all clients of this source


def flood_client(root: str, contact: str) -> PoliteClient:
    """Return a client of the flood-monitoring API; close it after use.

    Args:
        root: https://environment.data.gov.uk/flood-monitoring, or a replay.
        contact: an address that reaches the team, not a person.

    Raises:
        ValueError: if there is no contact.
    """
    if not contact:
        raise ValueError("the source must be able to reach us: set a contact")
    return PoliteClient(root, f"river-levels-etl/1.0 (+{contact})", LIMITER)


def latest_readings(root: str, contact: str) -> Any:
    """Return the newest reading of every gauge: one request, not thousands.

    Raises:
        RequestFailed: if the source does not answer within five minutes.
    """
    with closing(flood_client(root, contact)) as client:
        return client.get("/data/readings", {"latest": ""}).document


# --8<-- [end:ask]
