"""Hostile source: exact truth or loud failure, and every item accounted for.

The replay server misbehaves in each of its ways, singly and in pairs. Then replies are
mutated: as JSON, and as bytes. The pipeline either loads the truth or fails with a
documented error; what it read, it kept or put into quarantine.
"""

import dataclasses
import datetime as dt
import io
import itertools
import json
import math
import random
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guidance.engines import Fault, ReplayServer
from guidance.engines.postgres import create_database, drop_database, with_database
from guidance.engines.replay import DEFAULT_NOW, World
from guidance.engines.replay.api import PREFIX, FloodMonitoringApi
from river_levels import database
from river_levels.config import Settings
from river_levels.errors import SourceError
from river_levels.flood_api import FloodApi, Page
from river_levels.http import PoliteClient, RateLimiter, Reply, decode
from river_levels.ledger import Counts
from river_levels.pipeline import Pipeline
from river_levels.storage import Manifest, RawObject, RawStore
from river_levels.windows import Window, iso

SEED = 20261128
WINDOW = Window.parse("2026-03-25", "2026-03-28")
NEW_MALDEN = {"latitude": 51.411, "longitude": -0.247, "distance_km": 1.0}
STATIONS = ("4070TH", "4070TH-southern")
PAGE = 100
"""Items on a page: the list of each gauge takes three."""

ASKED = 7
"""Requests of an undisturbed run: one for the gauges, three for each."""

EMPTY = """
    TRUNCATE raw.readings, raw.quarantine, raw.stations, raw.measures,
             ops.runs, ops.objects, ops.manifests RESTART IDENTITY
"""


class Shelf:
    """The few calls of S3 that the raw zone makes, in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:
        """Keep an object; its key is free, or it has the same content."""
        self.objects[Key] = Body

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        """Give an object back."""
        return {"Body": io.BytesIO(self.objects[Key])}

    def get_paginator(self, _: str) -> "Shelf":
        """List the objects, on one page."""
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> Iterator[dict[str, Any]]:
        """Yield the keys."""
        yield {"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}


@dataclasses.dataclass(frozen=True)
class Blow:
    """A misbehaviour, and the request that it begins with; ``times`` None means for ever."""

    fault: Fault
    request: int
    times: int | None = 1


class Ambush:
    """A client that the server waits for."""

    def __init__(self, source: ReplayServer, blows: list[Blow]) -> None:
        self._source, self._blows, self._requests = source, blows, 0
        self._client = PoliteClient(
            source.url,
            "proofs",
            RateLimiter(1000),
            budget_s=20,
            read_timeout_s=0.15,
            sleep=lambda _: None,
        )

    def get(self, path: str, params: dict[str, str]) -> Reply:
        """Ask, after the server has been told how to answer."""
        for blow in self._blows:
            if blow.request == self._requests:
                self._source.misbehave(blow.fault, times=blow.times)
        self._requests += 1
        return self._client.get(path, params)

    def close(self) -> None:
        """Close the connections, and let the server behave."""
        self._client.close()
        self._source.behave()


@pytest.fixture(scope="module")
def pipeline(postgres_url: str) -> Iterator[Pipeline]:
    """The pipeline on a database of its own and a bucket in memory."""
    name = f"hostile_{secrets.token_hex(6)}"
    create_database(postgres_url, name)
    url = with_database(postgres_url, name)
    chosen = Settings(
        bucket="shelf",
        DATABASE_URL=url,
        api_url="http://127.0.0.1/",
        max_quarantine_share=1.0,
        **NEW_MALDEN,
    )
    engine = database.connect(chosen.sqlalchemy_url, "hostile source")
    database.migrate(engine)
    store = RawStore(Shelf(), "shelf")  # type: ignore[arg-type]
    yield Pipeline(chosen, engine, store, FloodApi(None))  # type: ignore[arg-type]
    engine.dispose()
    drop_database(postgres_url, name)


def forget(pipeline: Pipeline) -> None:
    """Empty the tables and the bucket."""
    with psycopg.connect(pipeline.settings.libpq_url, autocommit=True) as connection:
        connection.execute(EMPTY)
    pipeline.store = RawStore(Shelf(), "shelf")  # type: ignore[arg-type]


def loaded(pipeline: Pipeline) -> dict[str, Any]:
    """Return the readings and the quarantine."""
    url = pipeline.settings.libpq_url
    with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
        readings = connection.execute(
            "SELECT measure_id, observed_at, value FROM raw.readings"
        ).fetchall()
        rejects = connection.execute(
            "SELECT dataset, reason, payload FROM raw.quarantine"
        ).fetchall()
    return {"readings": {(m, at): value for m, at, value in readings}, "rejects": rejects}


# --- the misbehaviours of the replay server -------------------------------------------

type Truth = dict[str, dict[tuple[str, dt.datetime], float]]


def truth_of(source: ReplayServer) -> tuple[Truth, int]:
    """Return what the source holds by station, and how many of its items are bad."""
    truth: Truth = {}
    bad = 0
    for station in source.world.stations:
        if station.id in STATIONS:
            seen = [
                observation
                for measure in station.measures
                for observation in source.world.observations(
                    measure.id, WINDOW.start, WINDOW.end, source.now
                )
            ]
            truth[station.id] = {
                (s.measure_id, s.observed_at): float(s.value)  # type: ignore[arg-type]
                for s in seen
                if s.is_clean
            }
            bad += sum(not s.is_clean for s in seen)
    return truth, bad


def meet(pipeline: Pipeline, source: ReplayServer, blows: list[Blow]) -> str:
    """Ingest a window while the source misbehaves; say how it went.

    Returns:
        ``truth``, ``loud``, ``believed`` for a gauge whose list came empty without
        anything to contradict it, or else what was lost or doubled.
    """
    forget(pipeline)
    random.seed(SEED)  # of the waits between tries
    client = Ambush(source, blows)
    pipeline.api = FloodApi(client, limit=PAGE)  # type: ignore[arg-type]
    try:
        counts = pipeline.ingest(WINDOW, "hostile")[0]
    except SourceError as error:
        assert error.exit_code == 3
        assert " - " in str(error), "a failure names its remedy"
        found = loaded(pipeline)
        assert found == {"readings": {}, "rejects": []}, "a failure loads nothing"
        return "loud"
    finally:
        client.close()
    assert counts.read == counts.kept + counts.quarantined
    assert counts.kept == counts.inserted + counts.duplicate
    assert counts.duplicate <= counts.read // PAGE, "pages overlap by one item"
    found = loaded(pipeline)
    bad = sum(dataset == "readings" for dataset, _, _ in found["rejects"])
    return judged(found["readings"], bad, *truth_of(source))


def judged(found: dict[Any, float], quarantined: int, truth: Truth, bad: int) -> str:
    """Compare what was loaded with what the source holds."""
    whole = {key: value for rows in truth.values() for key, value in rows.items()}
    if found == whole and quarantined == bad:
        return "truth"
    for silent in (*itertools.combinations(STATIONS, 1), STATIONS):
        rest = [rows for name, rows in truth.items() if name not in silent]
        if found == {key: value for rows in rest for key, value in rows.items()}:
            return "believed"
    lost, odd = whole.keys() - found.keys(), found.items() - whole.items()
    return f"{len(lost)} lost, {len(odd)} wrong, {quarantined - bad} more in quarantine"


def allowed(blows: list[Blow]) -> set[str]:
    """Return how a run may end: an empty list may be the truth, so it is believed."""
    is_empty = any(blow.fault is Fault.EMPTY for blow in blows)
    return {"truth", "loud"} | ({"believed"} if is_empty else set())


def singles() -> list[list[Blow]]:
    """Return each misbehaviour: once at a seeded request, and from there for ever."""
    draw = random.Random(SEED)  # noqa: S311
    return [[Blow(fault, draw.randrange(ASKED), n)] for fault in Fault for n in (1, None)]


def pairs() -> list[list[Blow]]:
    """Return each pair, one after the other, at seeded requests; it may be the same one."""
    draw = random.Random(SEED)  # noqa: S311
    return [
        [Blow(one, (at := draw.randrange(ASKED - 1))), Blow(other, at + draw.randrange(2))]
        for one, other in itertools.combinations_with_replacement(Fault, 2)
    ]


def every_pair() -> list[list[Blow]]:
    """Return each pair in both orders: on the same request, apart, and the first for ever."""
    draw = random.Random(SEED + 1)  # noqa: S311
    cases = []
    for one, other in itertools.product(Fault, repeat=2):
        at, later = sorted(draw.sample(range(ASKED), 2))
        cases.append([Blow(one, at), Blow(other, at)])
        cases.append([Blow(one, at), Blow(other, later)])
        cases.append([Blow(one, at), Blow(other, later, None)])
    return cases


def endings(
    pipeline: Pipeline, source: ReplayServer, cases: list[list[Blow]]
) -> list[dict[str, Any]]:
    """Meet each case, and note how it ended."""
    return [
        {
            "blows": [dataclasses.asdict(blow) for blow in blows],
            "ending": meet(pipeline, source, blows),
            "allowed": sorted(allowed(blows)),
        }
        for blows in cases
    ]


def wrong_endings(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the cases that did not end as they may."""
    return [case for case in found if case["ending"] not in case["allowed"]]


def test_each_misbehaviour_ends_in_truth_or_loudly(
    pipeline: Pipeline, source: ReplayServer
) -> None:
    source.requests.clear()
    assert meet(pipeline, source, []) == "truth"
    assert len(source.requests) == ASKED

    found = endings(pipeline, source, singles())

    assert len(found) == 2 * len(Fault) == 24
    assert wrong_endings(found) == []
    assert {case["ending"] for case in found} >= {"truth", "loud"}


def test_each_pair_of_misbehaviours_ends_in_truth_or_loudly(
    pipeline: Pipeline, source: ReplayServer
) -> None:
    found = endings(pipeline, source, pairs())

    assert len(found) == 78
    assert wrong_endings(found) == []


@pytest.mark.audit
def test_each_pair_in_each_order_ends_in_truth_or_loudly(
    pipeline: Pipeline, source: ReplayServer, keep: Callable[..., None]
) -> None:
    alone = endings(pipeline, source, singles())
    together = endings(pipeline, source, every_pair())

    keep("misbehaviour", seed=SEED, singles=alone, pairs=together)
    assert len(together) == 3 * 144
    assert wrong_endings(alone + together) == []


def test_what_was_believed_is_mended_by_the_next_run(
    pipeline: Pipeline, source: ReplayServer
) -> None:
    assert meet(pipeline, source, [Blow(Fault.EMPTY, 1)]) == "believed"
    client = Ambush(source, [])
    pipeline.api = FloodApi(client, limit=PAGE)  # type: ignore[arg-type]

    counts, was_asked = pipeline.ingest(WINDOW, "hostile")
    client.close()

    truth, _ = truth_of(source)
    assert was_asked
    assert loaded(pipeline)["readings"] == {k: v for r in truth.values() for k, v in r.items()}
    assert counts.inserted == len(truth[STATIONS[0]])


# --- mutated replies ------------------------------------------------------------------

BATCH = 10
OPERATIONS = ("replace", "replace", "replace", "delete", "again", "wrap", "rename", "swap")
BYTES = ("cut", "flip", "insert", "twice")
HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e308, 5e-324, -0.0, 10**30, 10**400, 2**53 + 1),
    *(math.nan, math.inf, -math.inf, -32.768, 0.436),
    *("", " ", "---", "0.436", "0.43|0.45", "NaN", "NULL", "\\N", "\\.", "a\n\\.\nb"),
    *('"', "','", 'a"b,c\r\nd', "=1+1", "\0", "a\0b", "\ud800", "\u202eabc", "é" * 300),
    *("x" * 201, "x" * 200, "/", "a/b c", "../..", "http://h/id/measures/m\t"),
    *("2026-03-26T10:00:00Z", "2026-03-26T10:00:00+14:00", "2026-03-26T10:00:00"),
    *("2026-03-26T25:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
    *("2026-03-26", "20260326T100000Z", "2026-W13-4T10:00Z", "２０２６-03-26T10:00:00Z"),
    *("2026-03-26T10:00:00.1234567Z", "26/03/2026 10:00", "0001-01-01", "9999-12-31"),
    *([], {}, [[]], [0.43, 0.45], ["a", "b"], {"@id": "http://h/m"}, {"@id": ["m"]}),
)
NAMES = ("items", "meta", "value", "dateTime", "measure", "measures", "@id", "limit")


def recorded() -> dict[str, bytes]:
    """Return a reply of each kind, small, with the dirt that is usual."""
    api = FloodMonitoringApi(World(), DEFAULT_NOW)
    days = "startdate=2026-03-25&enddate=2026-03-25&_sorted&_limit=10000&_offset=60"
    near = "lat=51.411&long=-0.247&dist=3&_limit=10000&_view=full"
    return {
        "readings": api.answer(f"{PREFIX}/id/stations/4070TH/readings", days).body,
        "stations": api.answer(f"{PREFIX}/id/stations", near).body,
    }


RECORDED = recorded()

edits = st.tuples(
    st.sampled_from(OPERATIONS), st.integers(0, 9_999), st.integers(0, len(HOSTILE) - 1)
)
byte_edits = st.tuples(st.sampled_from(BYTES), st.integers(0, 9_999), st.integers(0, 255))
replies = st.tuples(
    st.sampled_from(["readings", "readings", "readings", "stations"]),
    st.lists(edits, min_size=1, max_size=5),
    st.one_of(st.just([]), st.just([]), st.lists(byte_edits, min_size=1, max_size=2)),
)
batches = st.lists(replies, min_size=BATCH, max_size=BATCH)


def mutated(dataset: str, changes: list[Any], byte_changes: list[Any]) -> bytes:
    """Apply changes to a recorded reply, first to its JSON, then to its bytes."""
    document = json.loads(RECORDED[dataset])
    for operation, where, what in changes:
        _change(document, operation, where, HOSTILE[what])
    body = json.dumps(document).encode("utf-8", "surrogatepass")
    for operation, where, what in byte_changes:
        at = where * len(body) // 10_000
        match operation:
            case "cut":
                body = body[:at]
            case "flip":
                body = body[:at] + bytes([what]) + body[at + 1 :]
            case "insert":
                body = body[:at] + bytes([what]) * 2 + body[at:]
            case "twice":  # a name that an object gives twice
                body = body.replace(b'"value": ', b'"value": 0.5, "value": ', 1 + what % 3)
    return body


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a document: the container and the key or index."""
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from _places(node[key])


def _change(document: Any, operation: str, where: int, what: Any) -> None:
    places = list(_places(document))
    if not places:
        return
    parent, key = places[where * len(places) // 10_000]
    match operation:
        case "replace":
            parent[key] = what
        case "delete":
            del parent[key]
        case "wrap":
            parent[key] = [parent[key]]
        case "again" if isinstance(parent, list):
            parent.append(json.loads(json.dumps(parent[key])))
        case "rename" if isinstance(parent, dict):
            parent[NAMES[where % len(NAMES)]] = parent.pop(key)
        case "swap":
            other, name = places[(where * 7) % len(places)]
            parent[key], other[name] = json.loads(json.dumps([other[name], parent[key]]))


class OneReply:
    """A client whose source gives one reply to everything."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, path: str, params: dict[str, str]) -> Reply:
        """Return the reply."""
        document = decode(path, {}, self._body)
        return Reply(path, 200, {}, self._body, document, dt.datetime.now(dt.UTC))


def pages_of(dataset: str, body: bytes) -> list[Page] | None:
    """Return what extraction makes of a reply; None if it fails loudly."""
    api = FloodApi(OneReply(body), limit=10_000)  # type: ignore[arg-type]
    try:
        return api._pages(f"/{dataset}", dataset, {})
    except SourceError:
        return None


# What may be kept, said a second time and in another way.

GOOD_ID = re.compile(r"[!-~]{1,200}")


def id_in(value: Any) -> str | None:
    """Return the last segment of an address, if it is one that can be a key."""
    if isinstance(value, dict):
        value = value.get("@id")
    if not isinstance(value, str):
        return None
    last = value.rstrip("/").split("/")[-1]
    return last if GOOD_ID.fullmatch(last) else None


def moment_in(value: Any) -> dt.datetime | None:
    """Return a moment that a text gives without doubt."""
    try:
        found = dt.datetime.fromisoformat(value)
        return found.astimezone(dt.UTC) if found.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def number_in(value: Any) -> float | None:
    """Return a finite number that is given as one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(float(value)) else None
    except OverflowError:
        return None


@dataclasses.dataclass
class Expected:
    """What must be there after a load."""

    readings: dict[tuple[str, dt.datetime], set[float]] = dataclasses.field(
        default_factory=dict
    )
    copies: Counter[tuple[str, dt.datetime]] = dataclasses.field(default_factory=Counter)
    bad: list[Any] = dataclasses.field(default_factory=list)
    outside: int = 0
    stations: set[str] = dataclasses.field(default_factory=set)
    measures: set[str] = dataclasses.field(default_factory=set)
    bad_stations: list[Any] = dataclasses.field(default_factory=list)

    def reading(self, item: Any) -> None:
        """Account for an item of a list of readings."""
        fields = item if isinstance(item, dict) else {}
        at = moment_in(fields.get("dateTime"))
        name, value = id_in(fields.get("measure")), number_in(fields.get("value"))
        if at is not None and at not in WINDOW:
            self.outside += 1
        elif at is None or name is None or value is None:
            self.bad.append(item)
        else:
            self.readings.setdefault((name, at), set()).add(value)
            self.copies[name, at] += 1

    def station(self, item: Any) -> None:
        """Account for an item of the list of stations."""
        if not isinstance(item, dict) or (name := id_in(item)) is None:
            self.bad_stations.append(item)
            return
        self.stations.add(name)
        listed = item.get("measures") or []
        for one in listed if isinstance(listed, list) else [listed]:
            found = id_in(one) if isinstance(one, dict) else None
            if found is None:
                self.bad_stations.append(one)
            else:
                self.measures.add(found)


def text_of(item: Any) -> str:
    """Write an item down, so that two of them can be compared."""
    return json.dumps(item, sort_keys=True)


def gives_a_name_twice(body: bytes) -> bool:
    """Whether an object of a reply gives a name twice."""
    twice = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            twice.append(pairs)
        return dict(pairs)

    try:
        json.loads(body, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return False
    return bool(twice)


def check(pipeline: Pipeline, bodies: list[tuple[str, bytes]]) -> Counter[str]:
    """Extract and load replies, and hold what is there against what was sent.

    Returns:
        How many replies were loaded, and how many failed loudly.
    """
    forget(pipeline)
    expected, objects, endings = Expected(), [], Counter[str]()
    for dataset, body in bodies:
        pages = pages_of(dataset, body)
        endings["loud" if pages is None else "loaded"] += 1
        if pages is None:
            continue
        assert not gives_a_name_twice(body), "one of two values is lost"
        key, sha256 = pipeline.store.put_reply(dataset, WINDOW, body)
        now = iso(dt.datetime.now(dt.UTC))
        objects.append(RawObject(key, dataset, "/", 200, {}, sha256, len(body), now))
        if key in {stored.key for stored in objects[:-1]}:
            continue
        for item in (item for page in pages for item in page.items):
            (expected.reading if dataset == "readings" else expected.station)(item)
    if objects:
        began = dt.datetime.now(dt.UTC)
        counts = pipeline._load(Manifest("fuzzed", WINDOW, began, tuple(objects)), "fuzz")
        hold(pipeline, expected, counts)
    return endings


def hold(pipeline: Pipeline, expected: Expected, counts: Counts) -> None:
    """Assert that everything sent is there, as itself or in quarantine."""
    found = loaded(pipeline)
    sure = {k: min(v) for k, v in expected.readings.items() if len(v) == 1}
    torn = [key for key, values in expected.readings.items() if len(values) > 1]
    assert found["readings"] == sure
    kept = sum(expected.copies[key] for key in sure)
    contradicting = sum(expected.copies[key] for key in torn)
    assert counts.read == counts.kept + counts.quarantined
    assert counts.kept == kept
    assert counts.quarantined == len(expected.bad) + contradicting
    assert counts.outside_window == expected.outside
    for dataset, items in (("readings", expected.bad), ("stations", expected.bad_stations)):
        there = {
            text_of(json.loads(payload))
            for name, reason, payload in found["rejects"]
            if name == dataset and reason != "contradiction"
        }
        assert there == {text_of(item) for item in items}
    rejects = Counter(reason for _, reason, _ in found["rejects"])
    assert rejects["contradiction"] == sum(len(expected.readings[key]) for key in torn)
    with psycopg.connect(pipeline.settings.libpq_url) as connection:
        names = connection.execute("SELECT station_id FROM raw.stations").fetchall()
        measures = connection.execute("SELECT measure_id FROM raw.measures").fetchall()
    assert {name for (name,) in names} == expected.stations
    assert {name for (name,) in measures} == expected.measures


def fuzz(pipeline: Pipeline, times: int) -> Counter[str]:
    """Check so many mutated replies; hypothesis shrinks what fails."""
    endings: Counter[str] = Counter()

    @settings(
        max_examples=times // BATCH,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(batches)
    def run(batch: list[Any]) -> None:
        bodies = [(dataset, mutated(dataset, a, b)) for dataset, a, b in batch]
        endings.update(check(pipeline, bodies))

    run()
    return endings


FOUND = json.loads(Path(__file__).with_name("found.json").read_text("utf-8"))
"""Replies that once went wrong, or that other loaders stumble over."""


@pytest.mark.parametrize("case", FOUND, ids=[case["name"] for case in FOUND])
def test_what_was_found_once_stays_found(pipeline: Pipeline, case: dict[str, str]) -> None:
    endings = check(pipeline, [(case["dataset"], case["body"].encode())])

    assert endings == {case["ending"]: 1}


@pytest.mark.parametrize(
    ("place", "fault", "body", "complaint"),
    [
        ("river_levels.http._each_name_once", dict, FOUND[0]["body"], "two values is lost"),
        ("river_levels.load._add_reject", lambda *_: None, FOUND[1]["body"], "set\\(\\)"),
    ],
)
def test_a_loss_would_be_seen(  # the checks above can fail
    pipeline: Pipeline,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    fault: Any,
    body: str,
    complaint: str,
) -> None:
    monkeypatch.setattr(place, fault)

    with pytest.raises(AssertionError, match=complaint) as seen:
        check(pipeline, [("readings", body.encode())])

    assert seen.value.args


def test_five_hundred_mutated_replies_lose_nothing(pipeline: Pipeline) -> None:
    endings = fuzz(pipeline, 500)

    assert endings.total() == 500
    assert min(endings["loaded"], endings["loud"]) > 50


@pytest.mark.audit
def test_five_thousand_mutated_replies_lose_nothing(
    pipeline: Pipeline, keep: Callable[..., None]
) -> None:
    endings = fuzz(pipeline, 5_000)

    keep("mutations", endings=dict(endings), hostile_values=len(HOSTILE))
    assert endings.total() >= 5_000
