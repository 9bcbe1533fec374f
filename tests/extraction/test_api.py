"""Proofs of docs/extraction/api.md."""

import csv
import gzip
import http.server
import itertools
import json
import logging
import math
import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests
import yaml

from guidance.engines.replay import Fault, Kind, ReplayServer, World
from guidance.engines.replay.world import read_stations
from guidance.evidence import assert_output, load_example, twins
from guidance.paths import EXAMPLES
from river_levels import extract as pipeline_extract
from river_levels import flood_api as pipeline_api
from river_levels import http as pipeline_http
from river_levels.errors import SourceError
from river_levels.flood_api import FloodApi, items_of, limit_of
from river_levels.http import (
    PoliteClient,
    RateLimiter,
    RequestFailed,
    TryAgain,
    decode,
    retry_after_s,
)
from river_levels.parse import (
    Measure,
    Reading,
    Rejected,
    Station,
    last_segment,
    parse_reading,
    parse_station,
)
from river_levels.storage import RawStore
from river_levels.windows import Window

HERE = "extraction/api"
STATION = "3390TH"
AREA = (51.39, -0.22, 9.0)
DAY = timedelta(days=1)
WINDOW = Window.parse("2026-03-28", "2026-03-30")
NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
CONTACT = "data-team@council.example"


def good(name: str) -> Any:
    """Load an example."""
    return load_example(f"{HERE}/{name}.py")


def wrong(name: str) -> Any:
    """Load a counter-example."""
    return load_example(f"{HERE}/wrong/{name}.py")


class Clients:
    """Makes clients that do not wait between tries, and notes how long they would."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.waits: list[float] = []

    def __call__(self, root: str, **options: Any) -> PoliteClient:
        settings: dict[str, Any] = {"budget_s": 60.0, "read_timeout_s": 10.0}
        settings["sleep"] = self.waits.append
        limiter = RateLimiter(1e6)
        client = PoliteClient(root, f"test (+{CONTACT})", limiter, **settings | options)
        return self._stack.enter_context(closing(client))


@pytest.fixture
def clients() -> Iterator[Clients]:
    with ExitStack() as stack:
        yield Clients(stack)


@pytest.fixture
def clean_api() -> Iterator[ReplayServer]:
    """The flood-monitoring API with nothing odd in its readings."""
    with ReplayServer(World(dirty=False)) as server:
        yield server


def truth(server: ReplayServer, station_id: str, window: Window) -> list[str]:
    """The ids of the readings that the source holds for a window."""
    found = next(s for s in server.world.stations if s.id == station_id)
    return sorted(
        f"{measure.id}/{seen.observed_at:%Y-%m-%dT%H-%M-%SZ}"
        for measure in found.measures
        for seen in server.world.observations(measure.id, window.start, window.end, server.now)
    )


def ids(items: Iterable[Any]) -> list[str]:
    """The same ids of readings that came; one that came twice is there twice."""
    return sorted(item["@id"].partition("/readings/")[2] for item in items)


def flat(pages: Iterable[Any]) -> list[Any]:
    return [item for page in pages for item in page.items]


type Answer = tuple[int, dict[str, str], bytes]


class Source:
    """An HTTP server on 127.0.0.1 whose answers the test writes.

    Attributes:
        asked: path with query, and headers, of each request.
        sent: bytes of bodies sent.
    """

    def __init__(self, answer: Callable[[str, dict[str, str]], Answer]) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.sent = 0
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self) -> None:
                headers = {k.lower(): v for k, v in self.headers.items()}
                source.asked.append((self.path, headers))
                status, sent, body = answer(self.path, headers)
                self.send_response(status)
                sent = {"Content-Length": str(len(body))} | sent
                for name, value in sent.items():
                    if value:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                source.sent += len(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), daemon=True
        )
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def as_json(document: Any, **headers: str) -> Answer:
    return (
        200,
        {"Content-Type": "application/json", **headers},
        json.dumps(document).encode(),
    )


# --- asking -------------------------------------------------------------------


def one_gauge(dirty: bool = True) -> ReplayServer:
    """The flood-monitoring API of one gauge, which answers faster."""
    stations = tuple(s for s in read_stations() if s.id == STATION)
    return ReplayServer(World(dirty=dirty, stations=stations))


@pytest.mark.rule("XAPI-10")
def test_the_source_can_reach_us() -> None:
    ask = good("ask")

    def names_the_team(latest_readings: Callable[[str], Any]) -> None:
        assert latest_readings(source.url)["items"]
        agent = source.requests[-1].headers["User-Agent"]
        assert CONTACT in agent, f"asked as {agent}"

    with one_gauge() as source:
        twins(
            names_the_team,
            good=lambda root: ask.latest_readings(root, CONTACT),
            bad=wrong("anonymous").latest_readings,
            harm="asked as python-requests/",
        )
    with pytest.raises(ValueError, match="set a contact"):
        ask.flood_client(source.url, "")


@pytest.mark.rule("XAPI-10")
def test_licence_and_attribution_are_recorded() -> None:
    """The manifest names them for each source that is asked for over the network."""
    ask = good("ask")
    manifest = yaml.safe_load(
        (EXAMPLES / "river-levels-etl" / "pipeline.yml").read_text("utf-8")
    )
    sources = [s for s in manifest["sources"] if s["kind"] == "api"]

    assert sources
    assert all(s["licence"] and s["attribution"] for s in sources)
    with closing(ask.flood_client(sources[0]["url"], CONTACT)) as client:
        assert CONTACT in client._session.headers["User-Agent"]


@pytest.mark.rule("XAPI-1")
def test_every_request_has_a_time_out(
    flood_api: ReplayServer, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[Any] = []
    send = requests.adapters.HTTPAdapter.send

    def noting(self: Any, request: Any, **options: Any) -> Any:
        limits.append(options["timeout"])
        return send(self, request, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", noting)
    client = clients(flood_api.url, read_timeout_s=30.0)

    def has_time_out(get: Callable[[], Any]) -> None:
        get()
        assert limits[-1] == (5.0, 30.0), f"waits for {limits[-1] or 'ever'}"

    bad = wrong("no_timeout")
    twins(
        has_time_out,
        good=lambda: client.get("/id/stations", {}),
        bad=lambda: bad.get(f"{flood_api.url}/id/stations"),
        harm="waits for ever",
    )


@pytest.mark.rule("XAPI-1")
@pytest.mark.parametrize("fault", [Fault.HANG, Fault.SLOW_DRIP])
def test_a_source_that_hangs_or_drips_is_given_up(
    flood_api: ReplayServer, clients: Clients, fault: Fault
) -> None:
    flood_api.misbehave(fault, times=None)
    client = clients(flood_api.url, read_timeout_s=0.3, budget_s=0.0)
    failed: list[str] = []

    def ask() -> None:
        try:
            client.get("/id/stations", {})
        except RequestFailed as error:
            failed.append(str(error))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(20)

    assert len(failed) == 1, "it still waits"
    assert "slower than the read time-out" in failed[0] or "Timeout" in failed[0]


# --- trying again -------------------------------------------------------------


class Enough(Exception):
    """The test has seen enough."""


def waits_of(get: Callable[[Callable[[float], None]], Any], count: int) -> list[float]:
    """How long a client waits between its first tries."""
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == count:
            raise Enough

    with pytest.raises(Enough):
        get(sleep)
    return waits


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No connection succeeds; chance is the same in every run."""

    def refuse(self: Any, request: Any, **options: Any) -> Any:
        raise requests.ConnectionError("refused")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", refuse)
    state = random.getstate()
    random.seed(20260323)
    yield
    random.setstate(state)


def polite_get(clients: Clients) -> Callable[[Callable[[float], None]], Any]:
    return lambda sleep: clients("http://down.test", budget_s=1e9, sleep=sleep).get("/a", {})


@pytest.mark.rule("XAPI-2")
@pytest.mark.usefixtures("down")
def test_a_hundred_clients_do_not_come_back_together(clients: Clients) -> None:
    def spread_out(get: Callable[[Callable[[float], None]], Any]) -> None:
        back = [sum(waits_of(get, 3)) for _ in range(100)]
        busiest = max(Counter(int(at * 5) for at in back).values())
        assert busiest < 25, f"{busiest} of 100 come back at the same moment"

    bad = wrong("retries_in_step").get
    twins(
        spread_out,
        good=polite_get(clients),
        bad=lambda sleep: bad("http://down.test", sleep),
        harm="100 of 100 come back at the same moment",
    )
    with pytest.raises(TimeoutError):
        bad("http://down.test", lambda seconds: None)


@pytest.mark.rule("XAPI-2")
@pytest.mark.usefixtures("down")
def test_the_waits_are_full_jitter(clients: Clients) -> None:
    """Uniform between 0 and 1, 2, 4 … 30 s: Kolmogorov and Smirnov agree."""
    random.seed(20260329)  # or one run in twelve would differ too much by chance
    runs = [waits_of(polite_get(clients), 8) for _ in range(200)]

    for number, longest in enumerate([1, 2, 4, 8, 16, 30, 30, 30]):
        drawn = sorted(waits[number] / longest for waits in runs)
        gap = max(abs(at - (n + 0.5) / 200) for n, at in enumerate(drawn))
        assert 0 <= drawn[0] and drawn[-1] <= 1
        assert gap < 1.63 / math.sqrt(200), f"wait {number} is not uniform"


@pytest.mark.rule("XAPI-2")
@pytest.mark.parametrize("form", [Fault.RATE_LIMIT_SECONDS, Fault.RATE_LIMIT_DATE])
def test_we_come_back_when_the_source_says(
    flood_api: ReplayServer, clients: Clients, form: Fault
) -> None:
    def waits_as_asked(get: Callable[[Callable[[float], None]], Any]) -> None:
        flood_api.misbehave(form, retry_after_s=50)
        waits: list[float] = []
        get(waits.append)
        assert len(waits) == 1
        # A date has whole seconds, and the clock went on meanwhile.
        assert 40 <= waits[0] <= 51, f"back after {waits[0]:.0f} s, not 50"

    bad = wrong("ignores_retry_after").get
    twins(
        waits_as_asked,
        good=lambda sleep: clients(flood_api.url, sleep=sleep).get("/id/stations", {}),
        bad=lambda sleep: bad(f"{flood_api.url}/id/stations", sleep),
        harm="back after [01] s, not 50",
    )
    flood_api.misbehave(form, times=None)
    with pytest.raises(TimeoutError):
        bad(f"{flood_api.url}/id/stations", lambda seconds: None)


def test_senseless_retry_after_is_no_wait() -> None:
    for text in ("soon", "-5", "1.5", "", "Mon, 01 Jan 99999999999999999999 00:00:00"):
        assert retry_after_s({"Retry-After": text}, NOW) == 0.0
    assert retry_after_s({"retry-after": "Sun, 29 Mar 2026 12:00:30"}, NOW) == 30.0
    assert retry_after_s({}, NOW) == 0.0


@pytest.mark.rule("XAPI-2")
def test_what_will_not_pass_is_not_tried_again(
    flood_api: ReplayServer, clients: Clients
) -> None:
    with pytest.raises(RequestFailed, match="HTTP 404") as missing:
        clients(flood_api.url).get("/no/such/page", {})
    with pytest.raises(RequestFailed, match="MissingSchema") as mistyped:
        clients("environment.data.gov.uk").get("/id/stations", {})

    assert not isinstance(missing.value, TryAgain)
    assert not isinstance(mistyped.value, TryAgain)
    assert (len(flood_api.requests), clients.waits) == (1, [])


@pytest.mark.rule("XAPI-2")
def test_the_budget_ends_the_tries(flood_api: ReplayServer, clients: Clients) -> None:
    flood_api.misbehave(Fault.RATE_LIMIT_SECONDS, times=None, retry_after_s=61)

    with pytest.raises(RequestFailed, match="HTTP 429"):
        clients(flood_api.url, budget_s=60.0).get("/id/stations", {})

    assert (len(flood_api.requests), clients.waits) == (1, [])


def test_a_reply_without_end_does_not_fill_the_memory(
    flood_api: ReplayServer, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_http, "MAX_BYTES", 1_000)
    with pytest.raises(RequestFailed, match="over 1,000 bytes"):
        clients(flood_api.url).get("/id/stations", {})

    assert (len(flood_api.requests), clients.waits) == (1, [])


@pytest.mark.parametrize("cut", [False, True])
def test_chunked_and_compressed_replies_are_read_whole_or_not_at_all(
    clients: Clients, cut: bool
) -> None:
    document = [secrets.token_hex(50) for _ in range(2_000)]
    packed = gzip.compress(json.dumps(document).encode())
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(part), part)
        for n in range(0, len(packed), 5_000)
        if (part := packed[n : n + 5_000])
    )
    body = chunks[: len(chunks) // 2] if cut else chunks + b"0\r\n\r\n"
    headers = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    headers |= {"Content-Encoding": "gzip", "Connection": "close"}
    with Source(lambda path, sent: (200, headers, body)) as it:
        client = clients(it.url, budget_s=0.0)
        if cut:
            with pytest.raises(TryAgain, match="ProtocolError"):
                client.get("/a", {})
        else:
            assert client.get("/a", {}).document == document


# --- the rate -----------------------------------------------------------------


class Workers:
    """Four workers that ask in turn, each with a clock of its own that nothing moves
    but its own waiting: no time passes in the test.
    """

    def __init__(self) -> None:
        self._now = [0.0] * 4
        self._turn = 0

    def clock(self) -> float:
        return self._now[self._turn]

    def sleep(self, seconds: float) -> None:
        self._now[self._turn] += seconds

    def asked_at(self, waiters: list[Any], requests_each: int) -> list[float]:
        at = []
        for turn in itertools.islice(itertools.cycle(range(4)), 4 * requests_each):
            self._turn = turn
            waiters[turn].wait()
            at.append(self.clock())
        return sorted(at)


@pytest.mark.rule("XAPI-3")
def test_four_workers_together_keep_the_limit() -> None:
    def at_most_sixty_a_minute(make: Callable[[Workers], list[Any]]) -> None:
        workers = Workers()
        at = workers.asked_at(make(workers), 100)
        busiest = max(sum(start <= t < start + 60 for t in at) for start in at)
        assert busiest <= 60, f"{busiest} requests in a minute"

    pause = wrong("each_its_own_pause").Pause
    twins(
        at_most_sixty_a_minute,
        good=lambda w: [RateLimiter(1, w.clock, w.sleep)] * 4,
        bad=lambda w: [pause(1, w.sleep) for _ in range(4)],
        harm="240 requests in a minute",
    )


@pytest.mark.rule("XAPI-3")
def test_threads_get_turns_of_their_own() -> None:
    turns: list[float] = []
    limiter = RateLimiter(4, clock=lambda: 0.0, sleep=turns.append)

    def work() -> None:
        for _ in range(25):
            limiter.wait()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(turns) == [n / 4 for n in range(1, 100)]  # the first did not wait


@pytest.mark.rule("XAPI-3")
def test_what_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    body = b"dateTime,measure,value\n" * 1_000

    def answer(path: str, headers: dict[str, str]) -> Answer:
        if headers.get("if-none-match") == '"v1"':
            return 304, {"ETag": '"v1"'}, b""
        return 200, {"ETag": '"v1"'}, body

    def once_in_three_nights(download: Callable[..., Any]) -> None:
        target = tmp_path / "archive.csv"
        with Source(answer) as it, requests.Session() as session:
            etag = ""
            for _ in range(3):
                etag = download(session, f"{it.url}/a.csv", target, etag) or etag
            assert target.read_bytes() == body
            assert it.sent == len(body), f"sent {it.sent / len(body):.0f} times"

    again = wrong("downloads_again").download
    polite = good("download").download
    twins(
        once_in_three_nights,
        good=lambda session, *rest: polite(session, RateLimiter(1e6), *rest),
        bad=lambda session, url, target, etag: again(session, url, target),
        harm="sent 3 times",
    )


def test_a_download_is_whole_or_not_there(tmp_path: Path) -> None:
    module = good("download")
    waits: list[float] = []
    module.download.retry.sleep = waits.append
    target = tmp_path / "a.csv"
    answers: list[Answer] = [
        (503, {"Retry-After": "40"}, b""),
        (200, {"Content-Length": "9", "Connection": "close"}, b"cut"),
        (200, {}, b"whole"),
        (404, {}, b""),
    ]
    with Source(lambda path, headers: answers.pop(0)) as it, requests.Session() as s:
        etag = module.download(s, RateLimiter(1e6), it.url, target)
        assert (etag, target.read_bytes()) == ("", b"whole")
        assert waits[0] == 40 and len(waits) == 2
        with pytest.raises(RequestFailed, match="HTTP 404"):
            module.download(s, RateLimiter(1e6), it.url, target)
        answers += [(200, {}, b"slow")]
        module.LONGEST_S = -1.0
        module.download.retry.stop = lambda state: True
        with pytest.raises(TryAgain, match="not done in"):
            module.download(s, RateLimiter(1e6), it.url, target)
    assert target.read_bytes() == b"whole"


# --- paging -------------------------------------------------------------------


def station_readings(api: FloodApi) -> list[Any]:
    return flat(api.readings(STATION, WINDOW))


@pytest.mark.rule("XAPI-4")
def test_the_list_does_not_end_at_five_hundred(
    flood_api: ReplayServer, clients: Clients
) -> None:
    client = clients(flood_api.url)
    expected = truth(flood_api, STATION, WINDOW)
    assert len(expected) > 500

    def all_come(readings: Callable[[], list[Any]]) -> None:
        came = ids(readings())
        assert came == expected, f"{len(came)} of {len(expected)} readings"

    bad = wrong("default_limit").readings
    twins(
        all_come,
        good=lambda: station_readings(FloodApi(client)),
        bad=lambda: bad(client, STATION, WINDOW),
        harm=r"500 of 5\d\d readings",
    )


@pytest.mark.rule("XAPI-4")
def test_more_than_the_hard_limit_comes_in_pages(
    clean_api: ReplayServer, clients: Clients
) -> None:
    """All gauges together send over 10,000 readings in five days."""
    days_5 = Window(clean_api.now - 5 * DAY, clean_api.now)
    expected = sorted(
        itertools.chain.from_iterable(
            truth(clean_api, s.id, days_5) for s in clean_api.world.stations
        )
    )
    api = FloodApi(clients(clean_api.url), limit=20_000)
    first, last = days_5.days()
    days = {"startdate": str(first), "enddate": str(last), "_sorted": ""}

    pages = api._pages("/data/readings", "readings", days)

    assert len(pages[0].items) == 10_000
    assert len(expected) > 10_000
    assert ids(flat(pages)) == expected


@pytest.mark.rule("XAPI-4")
@pytest.mark.parametrize(
    ("fault", "harm"),
    [
        (Fault.SHRINKING_PAGES, "^3 lost, 3 doubled"),
        (Fault.REPEATED_PAGE, "^100 lost, 100 doubled"),
    ],
)
def test_a_list_that_moves_is_noticed(
    flood_api: ReplayServer, clients: Clients, fault: Fault, harm: str
) -> None:
    client = clients(flood_api.url)
    expected = truth(flood_api, STATION, WINDOW)

    def exactly_the_truth(readings: Callable[[], list[Any]]) -> None:
        flood_api.misbehave(fault, times=2)  # the first page, and the second
        came = ids(readings())
        lost, doubled = len({*expected} - {*came}), len(came) - len({*came})
        assert came == expected, f"{lost} lost, {doubled} doubled"

    bad = wrong("offset_without_overlap").readings
    twins(
        exactly_the_truth,
        good=lambda: station_readings(FloodApi(client, limit=100)),
        bad=lambda: bad(client, STATION, WINDOW),
        harm=harm,
    )


def test_reading_a_list_ends(
    flood_api: ReplayServer, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_api, "MAX_PAGES", 2)
    api = FloodApi(clients(flood_api.url), limit=100)
    with pytest.raises(SourceError, match="over 2 pages, and no end"):
        station_readings(api)

    assert len(flood_api.requests) == 2


def test_an_empty_area_is_no_success(flood_api: ReplayServer, clients: Clients) -> None:
    with pytest.raises(SourceError, match="lists no station"):
        FloodApi(clients(flood_api.url)).stations(58.0, -3.0, 1.0)

    assert len(flood_api.requests) == 1


def test_the_shapes_of_a_list() -> None:
    """Rule b of the parser: one item may come without a list."""
    assert items_of("u", {"items": {"a": 1}}) == [{"a": 1}]
    for document in ([], {}, {"items": "http://…"}):
        with pytest.raises(RequestFailed, match="items"):
            items_of("u", document)
    assert limit_of("u", {"meta": {"limit": 500}}, 10_000) == 500
    assert limit_of("u", {"meta": "none"}, 10_000) == 10_000
    with pytest.raises(RequestFailed, match="cannot page by 1"):
        limit_of("u", {"meta": {"limit": 1}}, 10_000)


def numbered(path: str, style: str) -> Answer:
    """Seven items in pages of three, with a pointer to the next page."""
    query = parse_qs(urlsplit(path).query)
    at = int(query.get("after", ["0"])[0])
    document: dict[str, Any] = {"items": list(range(at, min(at + 3, 7)))}
    if at + 3 < 7:
        pointers = {
            "cursor": at + 3,
            "absolute": f"http://HOST/v1/levels?after={at + 3}&kind=a&kind=b",
            "relative": f"?after={at + 3}",
        }
        document["next"] = pointers[style]
    return as_json(document)


@pytest.mark.rule("XAPI-4")
@pytest.mark.parametrize("style", ["cursor", "absolute", "relative"])
def test_pointers_lead_to_every_page(clients: Clients, style: str) -> None:
    paging = good("paging")

    def answer(path: str, headers: dict[str, str]) -> Answer:
        status, sent, body = numbered(path, style)
        return status, sent, body.replace(b"HOST", headers["host"].encode())

    with Source(answer) as it:
        root = f"{it.url}/v1"
        if style == "cursor":
            next_of = paging.by_cursor("/levels", {"kind": "a"}, "next", "after")
        else:
            next_of = paging.by_link(root, "next")
        replies = list(paging.pages(clients(root), "/levels?kind=a", next_of))

    assert [n for r in replies for n in r.document["items"]] == list(range(7))
    if style == "absolute":
        assert "kind=a&kind=b" in it.asked[-1][0], "nothing of the link may get lost"


@pytest.mark.rule("XAPI-4")
def test_pointers_in_a_circle_are_left(clients: Clients) -> None:
    def around(path: str, headers: dict[str, str]) -> Answer:
        at = int(parse_qs(urlsplit(path).query).get("after", ["0"])[0])
        following = (at + 1) % 3 if len(it.asked) < 12 else None
        return as_json({"items": [at], "next": following})

    next_of = good("paging").by_cursor("/a", {}, "next", "after")

    def ends(pages: Callable[..., Iterator[Any]]) -> None:
        it.asked.clear()
        try:
            read = [page.document["items"][0] for page in pages(client, "/a", next_of)]
        except RequestFailed:
            read = ["refused"]
        assert read == ["refused"], f"{len(read)} items of 3"

    with Source(around) as it:
        client = clients(it.url)
        bad = wrong("follows_any_pointer").pages
        twins(ends, good=good("paging").pages, bad=bad, harm="12 items of 3")


def test_what_else_a_pointer_can_do(clients: Clients) -> None:
    paging = good("paging")
    documents: dict[str, Any] = {
        "/away": {"next": "https://elsewhere.example/v1/a"},
        "/list": [],
        "/odd": {"next": {"href": "/b"}},
        "/same?after=1": {"next": 2},
        "/same?after=2": {"next": 2},
        "/same": {"next": 2},
    }
    fresh = itertools.count()

    def answer(path: str, headers: dict[str, str]) -> Answer:
        if path.startswith("/endless"):
            return as_json({"next": next(fresh)})
        return as_json(documents[path])

    with Source(answer) as it:
        client = clients(it.url)
        cases = {
            "/away": (paging.by_link(it.url, "next"), "the next page is elsewhere"),
            "/list": (paging.by_link(it.url, "next"), "the reply is no object"),
            "/odd": (paging.by_link(it.url, "next"), "next is no pointer"),
            "/same": (
                paging.by_cursor("/same", {}, "next", "after"),
                "the same page came twice",
            ),
            "/endless": (
                paging.by_cursor("/endless", {}, "next", "after"),
                "over 5 pages, and no end",
            ),
        }
        paging.MAX_PAGES = 5
        for path, (next_of, why) in cases.items():
            with pytest.raises(RequestFailed, match=why):
                list(paging.pages(client, path, next_of))
        assert all("elsewhere" not in path for path, _ in it.asked)


# --- the truth, or a loud failure ---------------------------------------------


class Ambush:
    """A client before whose n-th request the source falls ill."""

    def __init__(
        self,
        client: PoliteClient,
        server: ReplayServer,
        fault: Fault,
        at: int,
        times: int | None = 1,
    ) -> None:
        self._client, self._server, self._fault = client, server, fault
        self._left, self._times = at, times

    def get(self, path: str, params: dict[str, str]) -> Any:
        self._left -= 1
        if self._left == 0:
            self._server.misbehave(self._fault, times=self._times, retry_after_s=0)
        return self._client.get(path, params)


def everything(api: FloodApi) -> list[Any]:
    """The stations, then all readings of one, as the pipeline asks for them."""
    stations = flat(api.stations(*AREA))
    assert any(last_segment(station) == STATION for station in stations)
    return station_readings(api)


@pytest.mark.rule("XAPI-7")
@pytest.mark.parametrize("fault", list(Fault))
def test_one_bad_reply_leaves_no_trace(
    flood_api: ReplayServer, clients: Clients, fault: Fault
) -> None:
    """The third request is the second page of the readings."""
    expected = truth(flood_api, STATION, WINDOW)
    client = clients(flood_api.url, read_timeout_s=0.3)
    ambush: Any = Ambush(client, flood_api, fault, at=3)

    assert ids(everything(FloodApi(ambush, limit=100))) == expected
    assert len(flood_api.requests) > 1 + math.ceil(len(expected) / 100)


@pytest.mark.rule("XAPI-7")
def test_a_list_that_had_items_cannot_be_empty(
    flood_api: ReplayServer, clients: Clients
) -> None:
    """From the second page on the source sends nothing, when asked anew as well."""
    ambush: Any = Ambush(clients(flood_api.url), flood_api, Fault.EMPTY, 2, None)

    with pytest.raises(SourceError, match="the list"):
        station_readings(FloodApi(ambush, limit=100))

    assert len(flood_api.requests) == 4  # two pages, and two times the first


@pytest.mark.rule("XAPI-7")
@pytest.mark.parametrize("fault", list(Fault))
def test_a_bad_source_is_a_loud_failure(
    flood_api: ReplayServer, clients: Clients, fault: Fault
) -> None:
    flood_api.misbehave(fault, times=None)
    client = clients(flood_api.url, read_timeout_s=0.3, budget_s=0.0)

    with pytest.raises(SourceError) as failed:
        everything(FloodApi(client, limit=100))

    assert "run again" in str(failed.value) or "check RIVER" in str(failed.value)


@pytest.mark.rule("XAPI-7")
@pytest.mark.parametrize("fault", [Fault.HTML, Fault.TRUNCATED_JSON, Fault.UNAVAILABLE])
def test_no_answer_is_not_no_data(
    flood_api: ReplayServer, clients: Clients, fault: Fault
) -> None:
    client = clients(flood_api.url, budget_s=0.0)
    path = f"/id/stations/{STATION}/readings?startdate=2026-03-28&enddate=2026-03-29"

    def truth_or_error(items: Callable[[], list[Any]]) -> None:
        flood_api.behave()
        assert len(items()) == 500  # what one plain request brings
        flood_api.misbehave(fault)
        outcome = "an error"
        try:
            outcome = f"{len(items())} readings"
        except RequestFailed:
            pass
        assert outcome == "an error", f"{outcome}, and no error"

    bad = wrong("trusts_200").items
    twins(
        truth_or_error,
        good=lambda: client.get(path, {}).document["items"],
        bad=lambda: bad(flood_api.url + path),
        harm="0 readings, and no error",
    )


@pytest.mark.rule("XAPI-7")
def test_who_went_quiet_is_named(flood_api: ReplayServer, clients: Clients) -> None:
    api = FloodApi(clients(flood_api.url))
    stations = ["3369TH", "3390TH", "4020TH", "4040TH", "4080TH", "4159TH"]

    def counts() -> dict[str, int]:
        return {s: len(flat(api.readings(s, WINDOW))) for s in stations}

    before = counts()
    assert before["4159TH"] == 0  # silent for weeks: no news
    flood_api.misbehave(Fault.EMPTY, path="3390TH")
    now = counts()

    def names_it(gone_quiet: Callable[..., list[str]]) -> None:
        assert gone_quiet(before, now) == ["3390TH"]

    module = good("volume")
    bad = wrong("counts_in_total").gone_quiet
    twins(names_it, good=module.gone_quiet, bad=bad, harm=r"\[\] == \['3390TH'\]")
    assert bad(before, {}) == sorted(before)
    with pytest.raises(module.VolumeDropped, match="5 of 5 went quiet, such as 3369TH"):
        module.gone_quiet(before, {})


# --- raw first ----------------------------------------------------------------


@pytest.mark.rule("XAPI-5")
def test_every_reply_is_kept_even_if_nobody_can_read_it(
    flood_api: ReplayServer, clients: Clients, s3: Any, bucket: str
) -> None:
    api = FloodApi(clients(flood_api.url))
    store = RawStore(s3, bucket)
    expected = truth(flood_api, STATION, WINDOW)
    area = (51.406, -0.302, 0.5)  # the one gauge

    def is_kept(extract: Callable[..., Any]) -> None:
        outcome = "went well"
        try:
            extract(api, store, WINDOW, area)
        except TypeError as error:
            outcome = f"failed with {error}"
        kept = [item for body in raw_bodies(s3, bucket) for item in body["items"]]
        found = ids(item for item in kept if "value" in item)
        whole = f"{len(found)} of {len(expected)} readings kept; it {outcome}"
        assert found == expected, whole

    def raw_bodies(s3: Any, bucket: str) -> list[Any]:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="raw/").get("Contents", [])
        keys = [o["Key"] for o in listed if o["Key"].endswith(".json.gz")]
        got = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
        return [json.loads(gzip.decompress(packed)) for packed in got]

    bad = wrong("parses_before_saving").extract

    def emptied(extract: Callable[..., Any]) -> Callable[..., Any]:
        for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=found["Key"])
        return extract

    def from_empty(extract: Callable[..., Any]) -> None:
        is_kept(emptied(extract))

    twins(
        from_empty,
        good=pipeline_extract.extract,
        bad=bad,
        harm="0 of .* readings kept; it failed with float",
    )


@pytest.mark.rule("XAPI-5")
def test_the_manifest_says_where_each_reply_came_from(
    flood_api: ReplayServer, clients: Clients, s3: Any, bucket: str
) -> None:
    api, store = FloodApi(clients(flood_api.url)), RawStore(s3, bucket)
    hour = Window(WINDOW.start, WINDOW.start + timedelta(hours=1))

    manifest = pipeline_extract.extract(api, store, hour, AREA)
    again = pipeline_extract.extract(api, store, hour, AREA)

    assert len(manifest.objects) == 1 + 21  # the list, and each of its stations
    for stored in manifest.objects:
        assert stored.url.startswith(flood_api.url)
        assert stored.status == 200
        assert stored.headers["Content-Type"].startswith("application/json")
        assert len(stored.sha256) == 64 and stored.fetched_at.endswith("Z")
    assert again == manifest, "the same replies are the same extraction"


@pytest.mark.rule("XAPI-5")
def test_a_parser_that_chokes_leaves_little(
    clean_api: ReplayServer, clients: Clients, s3: Any, bucket: str
) -> None:
    """Without dirt, the counter-example does store its rows: but only those."""
    api, store = FloodApi(clients(clean_api.url)), RawStore(s3, bucket)

    wrong("parses_before_saving").extract(api, store, WINDOW, (51.406, -0.302, 0.5))

    keys = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == [f"rows/{STATION}.json"]


# --- parsing ------------------------------------------------------------------


def reading(**fields: Any) -> dict[str, Any]:
    """A reading as the API sends it, with some fields otherwise."""
    root = "http://environment.data.gov.uk/flood-monitoring"
    plain = {
        "@id": f"{root}/data/readings/m1/2026-03-29T01-00-00Z",
        "dateTime": "2026-03-29T01:00:00Z",
        "measure": f"{root}/id/measures/m1",
        "value": 0.436,
    }
    return {k: v for k, v in (plain | fields).items() if v != "absent"}


AT = datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest.mark.rule("XAPI-6")
@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ({}, Reading("m1", AT, 0.436)),
        ({"value": 0}, Reading("m1", AT, 0.0)),
        ({"value": -32.768}, Reading("m1", AT, -32.768)),  # e: odd, but kept
        ({"news": "unknown fields are no reason"}, Reading("m1", AT, 0.436)),
        ({"measure": {"@id": "http://x/id/measures/m1"}}, Reading("m1", AT, 0.436)),
        ({"dateTime": "2026-03-29T02:00:00+01:00"}, Reading("m1", AT, 0.436)),
        ({"value": [0.436, 0.448]}, "ambiguous_value"),
        ({"value": "0.436|0.443"}, "ambiguous_value"),
        ({"value": "0.436"}, "bad_value"),
        ({"value": True}, "bad_value"),
        ({"value": float("nan")}, "bad_value"),
        ({"value": 10**400}, "bad_value"),
        ({"value": "absent"}, "missing_field"),
        ({"measure": ["http://x/m1", "http://x/m2"]}, "bad_id"),  # a: never the first
        ({"measure": "http://x/ü"}, "bad_id"),
        ({"measure": "http://x/a b"}, "bad_id"),
        ({"measure": "absent"}, "missing_field"),
        ({"dateTime": "2026-03-29T01:00:00"}, "bad_time"),
        ({"dateTime": "yesterday"}, "bad_time"),
        ({"dateTime": 1774746000}, "bad_time"),
        ({"dateTime": "0001-01-01T00:00:00+23:00"}, "bad_time"),
        ({"dateTime": "absent"}, "missing_field"),
    ],
)
def test_a_reading_is_a_row_or_a_rejection_with_a_reason(
    fields: dict[str, Any], row: Reading | str
) -> None:
    item = reading(**fields)
    parsed = parse_reading(item)

    if isinstance(row, str):
        assert isinstance(parsed, Rejected)
        assert parsed.reason == row
        if "nan" not in parsed.payload.lower():
            assert json.loads(parsed.payload) == item, "the item is kept whole"
        assert parsed.item_hash == parse_reading(item).item_hash
    else:
        assert parsed == row


def test_what_is_no_item_at_all_is_kept_too() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    parsed: list[Any] = [parse_reading(item) for item in (None, "http://x/1", deep)]

    assert [one.reason for one in parsed] == ["not_an_object"] * 3
    assert parsed[2].payload == '"nested too deeply to be written"'


@pytest.mark.rule("XAPI-6")
def test_the_odd_shapes_of_the_station_list(flood_api: ReplayServer, clients: Clients) -> None:
    """Rules a to d and f to g of the parser, on what the source really sends."""
    client = clients(flood_api.url)
    area = {"lat": "51.39", "long": "-0.22", "dist": "9", "_view": "full"}
    rows = [
        row
        for item in client.get("/id/stations", area).document["items"]
        for row in parse_station(item)
    ]
    stations = {row.station_id: row for row in rows if isinstance(row, Station)}
    measures = {row.measure_id: row for row in rows if isinstance(row, Measure)}

    assert len(stations) == 21 and not any(isinstance(row, Rejected) for row in rows)
    # a: of a list of descriptions, the first; d: two gauges share a reference
    assert stations[STATION].label == "Kingston Hogsmill"
    assert stations["3369TH"].town == "Tolworth"
    assert stations["3404TH"].status == "statusActive"
    assert stations["4045TH"].opened_on == date(1995, 1, 1)
    shared = {s for s, row in stations.items() if row.station_reference == "4070TH"}
    assert shared == {"4070TH", "4070TH-southern"}
    # b: one measure that comes without a list
    assert [m.station_id for m in measures.values()].count("4063TH-thames") == 1
    # c: an address in the place of the scale
    assert stations["4150TH"].typical_high_m is None
    assert stations["4020TH"].typical_high_m is not None
    # f: the unit goes with the number; g: "---" is none
    units = {m.unit for m in measures.values() if m.station_id == STATION}
    assert units == {"mASD", "mAOD", "m3/s"}
    assert measures["3104TH-temperature--i-15_min----"].unit is None
    assert parse_station({"@id": None})[0].reason == "missing_field"
    assert parse_station({"@id": "http://x/1", "measures": ["http://x/m"]})[1:] != []
    assert last_segment({"label": "no id"}) is None


@pytest.mark.rule("XAPI-6")
def test_both_values_of_an_odd_reading_are_kept(flood_api: ReplayServer) -> None:
    month = Window(flood_api.now - 28 * DAY, flood_api.now)
    items = readings_of(flood_api, STATION, month)
    odd = [i for i in items if not isinstance(i["value"], float)]
    assert {type(i["value"]) for i in odd} == {list, str}

    def nothing_is_guessed(sieve: Callable[..., Any]) -> None:
        rows, rejects = sieve(items)
        assert len(rows) + len(rejects) == len(items)
        kept = [json.loads(reject.payload) for reject in rejects]
        assert kept == odd, f"{len(odd) - len(kept)} odd values became plain numbers"

    twins(
        nothing_is_guessed,
        good=good("sieve").sieve,
        bad=wrong("first_value_wins").sieve,
        harm=r"\d+ odd values became plain numbers",
    )


def readings_of(server: ReplayServer, station_id: str, window: Window) -> list[Any]:
    """The readings of a window as the API writes them, without asking it."""
    found = next(s for s in server.world.stations if s.id == station_id)
    return [
        server.api._reading(seen)
        for measure in found.measures
        for seen in server.world.observations(measure.id, window.start, window.end, server.now)
    ]


@pytest.mark.rule("XAPI-6")
def test_the_order_of_the_items_does_not_matter(
    flood_api: ReplayServer, clients: Clients
) -> None:
    """``today`` and ``date`` come in no order of time."""
    asked = {"date": "2026-03-29", "_limit": "10000"}
    measure = "3390TH-level-stage-i-15_min-mASD"
    reply = clients(flood_api.url).get(f"/id/measures/{measure}/readings", asked)
    items = reply.document["items"]
    times = [item["dateTime"] for item in items]
    assert times != sorted(times), "it came in order"
    sieve = good("sieve").sieve

    rows, rejects = sieve(items)
    shuffled, others = sieve(items[::-1])

    def key(row: Reading) -> tuple[str, datetime]:
        return row.measure_id, row.observed_at

    assert sorted(rows, key=key) == sorted(shuffled, key=key)
    assert len({*map(key, rows)}) == len(rows)
    assert {r.item_hash for r in rejects} == {r.item_hash for r in others}


@pytest.mark.rule("XAPI-6")
def test_too_much_dirt_stops_the_load() -> None:
    module = good("sieve")
    clean, dirty = reading(), reading(value=[1.0, 2.0])

    rows, rejects = module.sieve([clean] * 95 + [dirty] * 5)
    assert (len(rows), len(rejects)) == (95, 5)
    assert len(module.sieve([dirty] * 99)[1]) == 99  # too few to judge
    with pytest.raises(module.TooManyRejected, match="6 of 100 are bad: 6 ambiguous_value"):
        module.sieve([clean] * 94 + [dirty] * 6)


@pytest.mark.rule("XAPI-6")
def test_a_level_that_is_not_known_is_not_zero(
    flood_api: ReplayServer, clients: Clients
) -> None:
    """Rules c and h of the parser: an address, or nothing, for the latest reading."""
    client = clients(flood_api.url)

    def measure(measure_id: str) -> dict[str, Any]:
        return client.get(f"/id/measures/{measure_id}", {}).document["items"]

    missing = measure("4150TH-level-stage-i-15_min-mASD")
    address = measure("4040TH-level-stage-i-15_min-mASD")
    there = measure("4020TH-level-stage-i-15_min-mASD")
    assert "latestReading" not in missing and isinstance(address["latestReading"], str)

    def unknown_stays_unknown(latest_of: Callable[..., Any]) -> None:
        assert latest_of(there) not in (None, 0.0)
        found = [latest_of(missing), latest_of(address)]
        assert found == [None, None], f"levels of {found} m"

    twins(
        unknown_stays_unknown,
        good=good("latest").latest_of,
        bad=wrong("missing_is_zero").latest_of,
        harm=r"levels of \[0.0, 0.0\] m",
    )


# --- the past, and what comes late --------------------------------------------


@pytest.mark.rule("XAPI-8")
def test_what_arrives_late_gets_in(clean_api: ReplayServer, clients: Clients) -> None:
    """This gauge reports twice a day; the other one at once."""
    late, start = "4070TH-southern", datetime(2026, 3, 25, tzinfo=UTC)
    api = FloodApi(clients(clean_api.url))

    def all_get_in(next_window: Callable[..., Window]) -> None:
        loaded: set[str] = set()
        watermark = start
        for hours in range(13, 97, 12):
            clean_api.now = start + timedelta(hours=hours)
            window = next_window(watermark, clean_api.now)
            for station in (late, "4070TH"):
                for item in flat(api.readings(station, window)):
                    at = datetime.fromisoformat(item["dateTime"])
                    if at in window:
                        loaded |= {*ids([item])}
                        watermark = max(watermark, at)
        lost = {*truth(clean_api, late, Window(start, clean_api.now))} - loaded
        assert not lost, f"{len(lost)} readings came late and never got in"

    twins(
        all_get_in,
        good=good("bootstrap").next_window,
        bad=wrong("from_the_watermark").next_window,
        harm=r"\d+ readings came late and never got in",
    )


@pytest.mark.rule("XAPI-8")
def test_windows_that_touch_lose_nothing(clean_api: ReplayServer, clients: Clients) -> None:
    client = clients(clean_api.url)
    api = FloodApi(client)
    windows = list(Window(NOW - DAY, NOW).split(timedelta(hours=6)))

    def each_moment_once(readings: Callable[[Window], list[Any]]) -> None:
        came = [item for window in windows for item in readings(window)]
        expected = truth(clean_api, STATION, Window(NOW - DAY, NOW))
        lost = {*expected} - {*ids(came)}
        assert ids(came) == expected, f"{len(lost)} readings at the seams are lost"

    def cut(window: Window) -> list[Any]:
        items = flat(api.readings(STATION, window))
        at = datetime.fromisoformat
        return [item for item in items if at(item["dateTime"]) in window]

    bad = wrong("since_is_inclusive").readings
    twins(
        each_moment_once,
        good=cut,
        bad=lambda window: bad(client, STATION, window),
        harm="12 readings at the seams are lost",  # 4 windows, 3 measures
    )


@pytest.mark.rule("XAPI-8")
def test_the_archive_and_the_api_meet_without_a_gap(clients: Clients, tmp_path: Path) -> None:
    module, download = good("bootstrap"), good("download").download
    with one_gauge() as source, requests.Session() as session:
        start = source.now.date() - 30 * DAY
        plan = module.bootstrap(start, source.now)
        items: list[Any] = []
        for day in plan.archive_days:
            file = tmp_path / f"{day}.csv"
            url = f"{source.url}/archive/readings-{day}.csv"
            download(session, RateLimiter(1e6), url, file)
            items += module.archive_items(file)
        items += flat(FloodApi(clients(source.url)).readings(STATION, plan.window))
        whole = Window(datetime(2026, 2, 28, tzinfo=UTC), source.now)
        held = readings_of(source, STATION, whole)

    days = ["2026-02-28", "2026-03-01", "2026-03-02"]
    assert [str(day) for day in plan.archive_days] == days
    assert Counter(map(key_of, items)) == Counter(map(key_of, held))
    rows, rejects = good("sieve").sieve(items)
    assert len(rows) == sum(isinstance(item["value"], float) for item in held)
    assert len(rows) + len(rejects) == len(held)
    recent = module.bootstrap(source.now.date() - DAY, source.now)
    assert recent.archive_days == ()


def key_of(item: dict[str, Any]) -> tuple[str, str]:
    return item["measure"], item["dateTime"]


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    module, file = good("bootstrap"), tmp_path / "a.csv"
    header = "dateTime,measure,value\n"
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(
            [["dateTime", "measure", "value"], ["t", "m", "1|2"], ["t", "m", "0.4"]]
        )
    assert [i["value"] for i in module.archive_items(file)] == ["1|2", 0.4]
    for text, why in [
        (f"{header}2026-03-01T00:00:00Z,m,0.4", "ends in the middle of a line"),
        ("", "ends in the middle of a line"),
        ("<html>\n", "has columns"),
    ]:
        file.write_text(text, "utf-8")
        with pytest.raises(ValueError, match=why):
            list(module.archive_items(file))


# --- secrets ------------------------------------------------------------------


@pytest.mark.rule("XAPI-9")
def test_the_key_is_in_no_log_and_no_error(
    clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    key = secrets.token_hex(16)
    KeyedClient = good("keyed").KeyedClient
    caplog.set_level(logging.DEBUG)

    def keeps_it(get: Callable[[str], Any]) -> None:
        caplog.clear()
        with Source(lambda path, headers: (503, {}, b"")) as it:
            with pytest.raises((RequestFailed, requests.HTTPError)) as failed:
                get(it.url)
            written = f"{caplog.text} {failed.value} {it.asked[-1][0]}"
            assert key in str(it.asked[-1]), "the source got no key"
            assert key not in written, "the key is in the log"

    bad = wrong("key_in_query").get

    def with_header(root: str) -> Any:
        headers = {"X-Api-Key": key}
        client = KeyedClient(root, "test", RateLimiter(1e6), headers, budget_s=0.0)
        with closing(client):
            return client.get("/levels", {})

    twins(
        keeps_it,
        good=with_header,
        bad=lambda root: bad(root, "/levels", key),
        harm="the key is in the log",
    )
    with Source(lambda path, headers: as_json([1])) as it:
        assert bad(it.url, "/levels", key) == [1]


@pytest.mark.rule("XAPI-9")
def test_the_key_goes_to_nobody_else() -> None:
    key = secrets.token_hex(16)
    KeyedClient = good("keyed").KeyedClient

    def with_client(root: str, path: str, key: str) -> Any:
        headers = {"X-Api-Key": key}
        with closing(KeyedClient(root, "test", RateLimiter(1e6), headers)) as client:
            return client.get(path, {})

    def stays_home(get: Callable[..., Any]) -> None:
        with Source(lambda path, headers: as_json([])) as stranger:
            moved = (302, {"Location": stranger.url}, b"")
            with Source(lambda path, headers: moved) as source:
                try:
                    get(source.url, "/levels", key)
                except RequestFailed as error:
                    assert "TooManyRedirects" in str(error)
                assert key in str(source.asked)
            assert key not in str(stranger.asked), "a stranger has the key"

    bad = wrong("key_follows_redirects").get
    twins(stays_home, good=with_client, bad=bad, harm="a stranger has the key")


# --- the others ---------------------------------------------------------------


@pytest.mark.rule("XAPI-11")
def test_a_source_that_is_down_is_left_alone(
    flood_api: ReplayServer, clients: Clients
) -> None:
    module = good("breaker")
    client = clients(flood_api.url, budget_s=0.0)
    paths = [f"/id/stations/{s.id}" for s in flood_api.world.stations]

    def asks_little(get_each: Callable[..., Any]) -> None:
        flood_api.requests.clear()
        flood_api.misbehave(Fault.UNAVAILABLE, times=None)
        try:
            get_each(client, paths)
        except module.SourceIsDown:
            pass
        flood_api.behave()
        asked = len(flood_api.requests)
        assert asked == 3, f"{asked} requests to a source that is down"

    bad = wrong("hammers").get_each
    twins(
        asks_little,
        good=lambda client, paths: module.get_each(client, paths, module.Breaker()),
        bad=bad,
        harm="21 requests to a source that is down",
    )
    assert len(bad(client, paths)) == 21


@pytest.mark.rule("XAPI-11")
def test_one_probe_decides_when_work_goes_on(
    flood_api: ReplayServer, clients: Clients
) -> None:
    module, now = good("breaker"), [0.0]
    breaker = module.Breaker(failures=2, rest_s=60, clock=lambda: now[0])
    client = clients(flood_api.url, budget_s=0.0)
    paths = ["/id/stations/nowhere", f"/id/stations/{STATION}"]

    got = module.get_each(client, paths, breaker)  # one 404 is one item's
    assert list(got) == paths[1:]
    flood_api.misbehave(Fault.UNAVAILABLE, times=3)
    with pytest.raises(module.SourceIsDown, match="2 failures in a row"):
        module.get_each(client, paths[1:] * 3, breaker)
    now[0] = 60.0
    asked = len(flood_api.requests)
    with pytest.raises(module.SourceIsDown, match="3 failures in a row"):
        module.get_each(client, paths[1:] * 3, breaker)  # the probe fails
    assert len(flood_api.requests) == asked + 1
    now[0] = 120.0
    assert len(module.get_each(client, paths[1:], breaker)) == 1


@pytest.mark.rule("XAPI-12")
def test_a_renamed_field_is_noticed(clean_api: ReplayServer, clients: Clients) -> None:
    module = good("contract")
    contract = json.loads(module_file("readings.fields.json").read_text("utf-8"))
    items = station_readings(FloodApi(clients(clean_api.url)))
    assert module.drift(contract, module.fields(items)) == []
    renamed = [
        {"reading": item["value"]} | {k: v for k, v in item.items() if k != "value"}
        for item in items
    ]

    def is_noticed(drift: Callable[..., list[str]]) -> None:
        found = drift(contract, module.fields(renamed))
        assert found == ["gone: value", "new: reading"], f"said {found}"

    bad = wrong("counts_are_enough").drift
    twins(is_noticed, good=module.drift, bad=bad, harm=r"said \[\]")
    assert bad(contract, {}) == ["fields are missing"]


def module_file(name: str) -> Path:
    return Path(good("contract").__file__).with_name(name)


@pytest.mark.rule("XAPI-12")
def test_the_contract_is_what_the_source_sends(
    flood_api: ReplayServer, clients: Clients
) -> None:
    """What the page shows is what a month of the source holds."""
    module = good("contract")
    month = Window(flood_api.now - 28 * DAY, flood_api.now)
    items = flat(FloodApi(clients(flood_api.url)).readings(STATION, month))
    seen = module.fields(items)

    shown = json.dumps(seen, indent=2)
    assert_output(f"examples/{HERE}/readings.fields.json", shown)
    odd = [reading(value=None, meta={"by": ["a", {"who": 1}]}), "no object"]
    assert module.drift(seen, module.fields(odd)) == [
        "new: meta",
        "new: meta.by",
        "new: meta.by.who",
        "kind: value is now null",
    ]
    assert {kind.value for kind in Kind} >= {"list", "pipe"}


@pytest.mark.rule("XAPI-13")
def test_times_are_utc_until_somebody_reads_them() -> None:
    module = good("times")
    bad = wrong("drops_the_zone").for_readers

    def shows_london_time(for_readers: Callable[[str], str]) -> None:
        shown = for_readers("2026-03-29T01:30:00Z")
        assert shown.startswith("29 March 2026, 02:30"), f"shows {shown}"

    twins(
        shows_london_time,
        good=lambda text: module.for_readers(module.to_utc(text)),
        bad=bad,
        harm="shows 29 March 2026, 01:30",
    )
    assert module.for_readers(module.to_utc("2026-01-05T00:00:00Z")) == (
        "5 January 2026, 00:00 GMT"
    )


@pytest.mark.rule("XAPI-13")
def test_a_time_without_a_zone_is_never_guessed(
    flood_api: ReplayServer, clients: Clients
) -> None:
    to_utc, london = good("times").to_utc, ZoneInfo("Europe/London")
    floods = clients(flood_api.url).get("/id/floods", {}).document["items"]
    raised = floods[0]["timeRaised"]
    assert not raised.endswith("Z")

    with pytest.raises(ValueError, match="has no zone"):
        to_utc(raised)
    assert to_utc(raised, UTC).isoformat() == f"{raised}+00:00"
    assert to_utc("2026-07-01T12:00:00", london).hour == 11
    for text in ("2026-03-29T01:30:00", "2026-10-25T01:30:00"):
        with pytest.raises(ValueError, match="twice or never"):
            to_utc(text, london)
    assert parse_reading(reading(dateTime=raised)).reason == "bad_time"


class Ratings:
    """A food-hygiene API with invented entries: 2 pages of establishments."""

    def __init__(self) -> None:
        self.entries = [{"FHRSID": n, "BusinessName": f"Cafe {n}"} for n in range(7)]
        self.code = "OK"
        self.repeats = False

    def __call__(self, path: str, headers: dict[str, str]) -> Answer:
        if headers.get("x-api-version") != "2":
            return 404, {}, b'{"Message": "The API doesn\'t exist"}'
        parts = urlsplit(path)
        query = {k: int(v[0]) for k, v in parse_qs(parts.query).items()}
        if parts.path == "/Authorities":
            names = [(1, "330"), (2, "055")]
            return self._with_bom(
                {
                    "authorities": [
                        {"LocalAuthorityId": n, "LocalAuthorityIdCode": code}
                        for n, code in names
                    ]
                }
            )
        size = query.get("pageSize", 5)
        number = 1 if self.repeats else query["pageNumber"]
        page = self.entries[(number - 1) * size : number * size]
        meta = {
            "returncode": self.code,
            "totalCount": len(self.entries),
            "totalPages": -(-len(self.entries) // size),
        }
        return self._with_bom({"establishments": page, "meta": meta})

    @staticmethod
    def _with_bom(document: Any) -> Answer:
        return 200, {}, json.dumps(document).encode("utf-8-sig")


@pytest.fixture
def ratings() -> Iterator[tuple[Ratings, PoliteClient, Source, ModuleType]]:
    answers, module = Ratings(), good("fsa")
    with Source(answers) as it:
        client = good("keyed").KeyedClient(
            it.url, "test", RateLimiter(1e6), module.HEADERS, budget_s=0.0
        )
        with closing(client):
            yield answers, client, it, module


@pytest.mark.rule("XAPI-14")
def test_codes_are_text_and_no_ids(ratings: Any, clients: Clients) -> None:
    _, client, it, _ = ratings
    module = good("fsa")

    def finds_it(authority_id: Callable[..., Any]) -> None:
        found = authority_id(client, "055")
        assert found == 2, f"the authority is {found}"

    bad = wrong("code_is_a_number").authority_id
    twins(finds_it, good=module.authority_id, bad=bad, harm="the authority is None")
    assert bad(client, "330") == 1
    with pytest.raises(RequestFailed, match="no authority has the code '55'"):
        module.authority_id(client, "55")
    with pytest.raises(RequestFailed, match="HTTP 404"):
        module.authority_id(clients(it.url), "055")  # no version in its headers


@pytest.mark.rule("XAPI-14")
@pytest.mark.rule("XAPI-4")
def test_the_stated_total_is_held_to(ratings: Any) -> None:
    answers, client, _, _ = ratings
    module = good("fsa")
    module.PAGE_SIZE = 5
    assert [e["FHRSID"] for e in module.establishments(client, 2)] == list(range(7))

    def truth_or_error(establishments: Callable[..., list[Any]]) -> None:
        answers.repeats = True
        try:
            came = [entry["FHRSID"] for entry in establishments(client, 2)]
        except RequestFailed as error:
            came = [str(error).rpartition(": ")[2]]
        doubled = len(came) - len({*came})
        assert came in (list(range(7)), ["5 came of 7"]), f"{doubled} doubled"

    bad = wrong("adds_up_pages").establishments
    module.MAX_PAGES = 3
    twins(truth_or_error, good=module.establishments, bad=bad, harm="5 doubled")
    answers.code = "Failed"
    with pytest.raises(RequestFailed, match="return code Failed"):
        module.establishments(client, 2)
    answers.entries = []
    answers.code = "OK"
    assert module.establishments(client, 2) == []
    with Source(lambda path, headers: as_json([])) as odd:
        client._root = odd.url
        with pytest.raises(RequestFailed, match="the reply has no meta"):
            module.establishments(client, 2)


def test_a_body_is_decoded_from_its_bytes() -> None:
    """JSON with a byte-order mark is fine in bytes, and not in text."""
    body = b"\xef\xbb\xbf[1]"

    assert decode("u", {}, body) == [1]
    with pytest.raises(ValueError, match="BOM"):
        json.loads(body.decode())
    with pytest.raises(TryAgain, match="13 bytes of text/html are no JSON"):
        decode("u", {"Content-Type": "text/html"}, b"<html></html>")
