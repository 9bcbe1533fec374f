"""Extract: ask the source, keep every reply untouched, then say what came."""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from river_levels.flood_api import FloodApi, Page
from river_levels.parse import last_segment
from river_levels.storage import Manifest, RawObject, RawStore
from river_levels.windows import Window, iso

log = logging.getLogger(__name__)


def extract(
    api: FloodApi,
    store: RawStore,
    window: Window,
    area: tuple[float, float, float],
) -> Manifest:
    """Store the replies for a window and write its manifest last.

    A crash leaves replies without a manifest. They do no harm: nothing reads
    them, and the next try finds the same content under the same keys.

    Args:
        area: latitude, longitude and radius in kilometres.

    Raises:
        SourceError: if the source fails.
        StorageError: if S3 fails.
    """
    began = datetime.now(UTC)
    objects = []
    for page in _pages(api, window, area):
        key, sha256 = store.put_reply(page.dataset, window, page.reply.body)
        objects.append(
            RawObject(
                key=key,
                dataset=page.dataset,
                url=page.reply.url,
                status=page.reply.status,
                headers=_kept(page.reply.headers),
                sha256=sha256,
                size=len(page.reply.body),
                fetched_at=iso(page.reply.fetched_at),
            )
        )
    manifest = store.put_manifest(window, began, tuple(objects))
    log.info(
        "extract.done",
        extra={
            "window": str(window),
            "manifest": manifest.key,
            "objects": len(objects),
            "bytes": sum(stored.size for stored in objects),
            "is_new": manifest.fetched_at == began,
        },
    )
    return manifest


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in headers.items() if k.lower() != "set-cookie"}


def _pages(
    api: FloodApi, window: Window, area: tuple[float, float, float]
) -> Iterator[Page]:
    """Yield the pages of the station list, then each station's readings."""
    found = []
    for page in api.stations(*area):
        yield page
        found += [last_segment(item) for item in page.items]
    station_ids = list(dict.fromkeys(name for name in found if name))
    for number, station_id in enumerate(station_ids, start=1):
        count = 0
        for page in api.readings(station_id, window):
            count += len(page.items)
            yield page
        log.info(
            "extract.station",
            extra={
                "station": station_id,
                "readings": count,
                "progress": f"{number}/{len(station_ids)}",
            },
        )
