"""Takes ``since`` for the start of a window; the source leaves it out."""

from typing import Any

from river_levels.http import PoliteClient
from river_levels.windows import Window, iso, parse_utc


def readings(client: PoliteClient, station: str, window: Window) -> list[Any]:
    """Return the readings of a window but for its first moment."""
    asked = {"since": iso(window.start), "_limit": "10000"}
    reply = client.get(f"/id/stations/{station}/readings", asked)
    items = reply.document["items"]
    return [item for item in items if parse_utc(item["dateTime"]) in window]
