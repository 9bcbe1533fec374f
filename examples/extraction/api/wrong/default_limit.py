"""Takes the first reply for the whole list; the source stops at 500."""

from typing import Any

from river_levels.http import PoliteClient
from river_levels.windows import Window


def readings(client: PoliteClient, station: str, window: Window) -> list[Any]:
    """Return the readings of a window, unless there are more than 500."""
    first, last = window.days()
    days = {"startdate": str(first), "enddate": str(last)}
    reply = client.get(f"/id/stations/{station}/readings", days)
    return list(reply.document["items"])
