"""Pages by offset; what the list loses meanwhile, this loses too."""

from typing import Any

from river_levels.http import PoliteClient
from river_levels.windows import Window

LIMIT = 100


def readings(client: PoliteClient, station: str, window: Window) -> list[Any]:
    """Return the readings of a window, as long as nothing moves."""
    first, last = window.days()
    days = {"startdate": str(first), "enddate": str(last), "_sorted": ""}
    found: list[Any] = []
    while True:
        page = {"_limit": str(LIMIT), "_offset": str(len(found))}
        reply = client.get(f"/id/stations/{station}/readings", days | page)
        found += reply.document["items"]
        if len(reply.document["items"]) < LIMIT:
            return found
