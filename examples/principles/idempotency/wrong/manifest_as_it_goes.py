"""Writes a manifest after every reply, so that nothing seems lost."""

from datetime import UTC, datetime
from itertools import chain

from river_levels.flood_api import FloodApi
from river_levels.storage import RawObject, RawStore
from river_levels.windows import Window, iso

STATION = "4070TH"


def extract(
    api: FloodApi,
    store: RawStore,
    window: Window,
    area: tuple[float, float, float],
) -> None:
    """Declare the extraction complete, again and again."""
    objects: list[RawObject] = []
    pages = chain(api.stations(*area), api.readings(STATION, window))
    for page in pages:
        reply = page.reply
        key, sha256 = store.put_reply(page.dataset, window, reply.body)
        objects.append(
            RawObject(
                key=key,
                dataset=page.dataset,
                url=reply.url,
                status=reply.status,
                headers=dict(reply.headers),
                sha256=sha256,
                size=len(reply.body),
                fetched_at=iso(reply.fetched_at),
            )
        )
        store.put_manifest(window, datetime.now(UTC), tuple(objects))
