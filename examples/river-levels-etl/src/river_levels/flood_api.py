"""The flood-monitoring API of the Environment Agency.

Reference: https://environment.data.gov.uk/flood-monitoring/doc/reference
(read 2026-11-23). The source returns 500 readings unless asked for more, never
more than 10,000, and gives no link to the next page.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from river_levels.errors import SourceError
from river_levels.http import PoliteClient, Reply, RequestFailed
from river_levels.windows import Window

log = logging.getLogger(__name__)

PAGE_LIMIT = 10_000
SMALLEST_PAGE = 2
MAX_PAGES = 1_000
CHUNK = timedelta(days=7)
RESTARTS = 2


@dataclass(frozen=True)
class Page:
    """One reply and the items in it.

    Attributes:
        dataset: ``stations`` or ``readings``.
        items: the members of ``items``, whatever they are; not yet validated.
    """

    dataset: str
    reply: Reply
    items: list[Any]


class PagesMoved(Exception):
    """The list changed between two pages: an item may be lost or doubled."""


@dataclass(frozen=True)
class FloodApi:
    """The two lists that the pipeline reads.

    Attributes:
        client: knows the root of the API, its rate limit and its retries.
        limit: items on a page; the source caps it at 10,000.
    """

    client: PoliteClient
    limit: int = PAGE_LIMIT

    def stations(
        self, latitude: float, longitude: float, distance_km: float
    ) -> list[Page]:
        """Get the stations within a circle, with their measures.

        Raises:
            SourceError: if the source fails or lists no station.
        """
        area = {"lat": latitude, "long": longitude, "dist": distance_km}
        params = {name: f"{number:g}" for name, number in area.items()}
        pages = self._pages("/id/stations", "stations", params)
        if not any(page.items for page in pages):
            raise SourceError(
                "the source lists no station in the area",
                "check RIVER_LEVELS_LATITUDE, _LONGITUDE and _DISTANCE_KM",
            )
        return pages

    def readings(self, station_id: str, window: Window) -> Iterator[Page]:
        """Get the readings of the days that a window touches.

        The source filters by whole days; cutting to the window comes later.

        Raises:
            SourceError: if the source fails, with the reason.
        """
        path = f"/id/stations/{station_id}/readings"
        for part in window.split(CHUNK):
            first, last = part.days()
            days = {"startdate": str(first), "enddate": str(last)}
            yield from self._pages(path, "readings", days | {"_sorted": ""})

    def _pages(
        self, path: str, dataset: str, params: dict[str, str]
    ) -> list[Page]:
        """Get every page of a list, from the start again if it moved."""
        why: Exception | None = None
        for _ in range(1 + RESTARTS):
            try:
                pages = list(self._walk(path, dataset, params))
                if why and not any(page.items for page in pages):
                    raise PagesMoved("the list had items, and now has none")
                return pages
            except PagesMoved as error:
                log.warning("pages.moved", extra={"path": path})
                why = error
            except RequestFailed as error:
                raise SourceError(
                    f"the source failed: {error}",
                    "nothing was loaded; run again when it answers",
                ) from error
        raise SourceError(f"{path}: {why}", "run again later") from why

    def _walk(
        self, path: str, dataset: str, params: dict[str, str]
    ) -> Iterator[Page]:
        """Yield pages until one is not full.

        Every page begins with the last item of the page before. If it does
        not, items came or went in between, or the source repeats itself.
        """
        offset, last = 0, None
        for _ in range(MAX_PAGES):
            paging = {"_limit": str(self.limit)}
            if offset:
                paging["_offset"] = str(offset)
            reply = self.client.get(path, params | paging)
            items = items_of(reply.url, reply.document)
            limit = limit_of(reply.url, reply.document, self.limit)
            is_full = len(items) >= limit
            if offset:
                if not items or items[0] != last:
                    raise PagesMoved("the list changed while we paged")
                items = items[1:]
            yield Page(dataset, reply, items)
            if not is_full:
                return
            offset += len(items) - (0 if offset else 1)
            last = items[-1]
        raise RequestFailed(f"{path}: over {MAX_PAGES:,} pages, and no end")


def items_of(url: str, document: Any) -> list[Any]:
    """Return the items of a reply; a single one may come without a list.

    Raises:
        RequestFailed: if the reply has no items at all.
    """
    if not isinstance(document, dict) or "items" not in document:
        raise RequestFailed(f"{url}: the reply has no items")
    items = document["items"]
    if isinstance(items, dict):
        return [items]
    if not isinstance(items, list):
        raise RequestFailed(f"{url}: items is no list")
    return items


def limit_of(url: str, document: Any, asked: int) -> int:
    """Return the limit that was really in force, which the reply states.

    Raises:
        RequestFailed: if pages of that size cannot overlap.
    """
    meta = document.get("meta")
    stated = meta.get("limit") if isinstance(meta, dict) else None
    limit = min(stated, asked) if type(stated) is int else asked
    if limit < SMALLEST_PAGE:
        raise RequestFailed(f"{url}: cannot page by {limit}")
    return limit
