"""Keeps what it understood; what it did not is gone with the reply."""

import json

from river_levels.flood_api import FloodApi
from river_levels.parse import last_segment
from river_levels.storage import RawStore
from river_levels.windows import Window


def extract(
    api: FloodApi,
    store: RawStore,
    window: Window,
    area: tuple[float, float, float],
) -> None:
    """Store tidy rows, up to the first value that is no number."""
    for listed in api.stations(*area):
        for station in filter(None, map(last_segment, listed.items)):
            for page in api.readings(station, window):
                rows = [
                    (item["measure"], item["dateTime"], float(item["value"]))
                    for item in page.items
                ]
                key = f"rows/{station}.json"
                store.put_new(
                    key, json.dumps(rows).encode(), "application/json"
                )
