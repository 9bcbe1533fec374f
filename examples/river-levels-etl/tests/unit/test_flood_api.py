"""Paging: every item once, or a loud failure."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from river_levels.errors import SourceError
from river_levels.flood_api import FloodApi, items_of, limit_of
from river_levels.http import PoliteClient, RateLimiter, RequestFailed
from river_levels.windows import Window

ROOT = "https://api.test/flood-monitoring"
READINGS = f"{ROOT}/id/stations/G1TH/readings"
WINDOW = Window.parse("2026-03-29", "2026-03-30")


@pytest.fixture
def api() -> FloodApi:
    client = PoliteClient(ROOT, "test", RateLimiter(1e6), budget_s=0)
    return FloodApi(client, limit=4)


class Listing:
    """A list that is served in pages, and may change between them."""

    def __init__(self, items: list[int], stated: int | None = None) -> None:
        self.items = items
        self.stated = stated
        self.loses_after_page = 0
        self.ignores_offset = False
        self.asked: list[int] = []

    def reply(self, request: Any) -> tuple[int, dict[str, str], str]:
        query = parse_qs(urlsplit(request.url).query)
        limit = min(int(query["_limit"][0]), self.stated or 10_000)
        offset = int(query.get("_offset", ["0"])[0])
        self.asked.append(offset)
        page = self.items[0 if self.ignores_offset else offset :][:limit]
        if len(self.asked) == self.loses_after_page:
            self.items = self.items[2:]
        meta = f'{{"limit": {self.stated}}}' if self.stated else "{}"
        return 200, {}, f'{{"meta": {meta}, "items": {page}}}'


@pytest.mark.parametrize("count", range(13))
@responses.activate
def test_every_item_comes_once(api: FloodApi, count: int) -> None:
    listing = Listing(list(range(count)))
    responses.add_callback("GET", READINGS, callback=listing.reply)

    pages = list(api.readings("G1TH", WINDOW))

    assert [item for page in pages for item in page.items] == listing.items


@responses.activate
def test_a_smaller_limit_than_asked_is_noticed(api: FloodApi) -> None:
    listing = Listing(list(range(7)), stated=3)
    responses.add_callback("GET", READINGS, callback=listing.reply)

    pages = list(api.readings("G1TH", WINDOW))

    assert [item for page in pages for item in page.items] == listing.items


@responses.activate
def test_a_list_that_moves_is_read_again(api: FloodApi) -> None:
    listing = Listing(list(range(9)))
    listing.loses_after_page = 1
    responses.add_callback("GET", READINGS, callback=listing.reply)

    pages = list(api.readings("G1TH", WINDOW))

    assert [item for page in pages for item in page.items] == listing.items
    assert listing.asked.count(0) == 2


@responses.activate
def test_a_source_that_repeats_itself_is_refused(api: FloodApi) -> None:
    listing = Listing(list(range(9)))
    listing.ignores_offset = True
    responses.add_callback("GET", READINGS, callback=listing.reply)

    with pytest.raises(SourceError, match="the list changed while we paged"):
        list(api.readings("G1TH", WINDOW))


@responses.activate
def test_a_list_without_end_is_refused(
    api: FloodApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("river_levels.flood_api.MAX_PAGES", 3)
    listing = Listing(list(range(1_000)))
    responses.add_callback("GET", READINGS, callback=listing.reply)

    with pytest.raises(SourceError, match="over 3 pages, and no end"):
        list(api.readings("G1TH", WINDOW))


@responses.activate
def test_long_windows_are_asked_for_week_by_week(api: FloodApi) -> None:
    listing = Listing([1])
    responses.add_callback("GET", READINGS, callback=listing.reply)

    list(api.readings("G1TH", Window.parse("2026-03-01", "2026-03-16")))

    asked = [parse_qs(urlsplit(c.request.url).query) for c in responses.calls]
    days = [(q["startdate"][0], q["enddate"][0]) for q in asked]
    assert days == [
        ("2026-03-01", "2026-03-07"),
        ("2026-03-08", "2026-03-14"),
        ("2026-03-15", "2026-03-15"),
    ]


@responses.activate
def test_an_area_without_stations_is_a_failure(api: FloodApi) -> None:
    responses.get(f"{ROOT}/id/stations", json={"items": []})

    with pytest.raises(SourceError, match="lists no station in the area"):
        api.stations(51.4, -0.3, 5)


@pytest.mark.parametrize(
    ("document", "items"),
    [({"items": []}, []), ({"items": {"a": 1}}, [{"a": 1}])],
)
def test_items_may_come_bare(document: Any, items: list[Any]) -> None:
    assert items_of("url", document) == items


@pytest.mark.parametrize(
    "document", [None, [], {}, {"items": None}, {"items": "many"}]
)
def test_a_reply_without_items_is_refused(document: Any) -> None:
    with pytest.raises(RequestFailed, match="items"):
        items_of("url", document)


@pytest.mark.parametrize("stated", [0, 1, -5])
def test_a_limit_that_cannot_page_is_refused(stated: int) -> None:
    with pytest.raises(RequestFailed, match="cannot page"):
        limit_of("url", {"meta": {"limit": stated}}, 100)


@pytest.mark.parametrize(
    "meta", [None, [], {}, {"limit": "5"}, {"limit": True}]
)
def test_a_limit_that_is_not_stated_is_the_one_we_asked_for(meta: Any) -> None:
    assert limit_of("url", {"meta": meta}, 100) == 100
