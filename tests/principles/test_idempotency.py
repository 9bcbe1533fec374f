"""Proofs of docs/principles/idempotency.md.

Every property is held against the reference pipeline, and against a counter-example
that lacks it. Where a test needs two runs at once, or a run that dies, locks and
stubborn servers bring it to the very point: nothing here depends on luck.
"""

import itertools
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guidance.engines import environment
from guidance.engines.postgres import create_database, drop_database, with_database
from guidance.engines.replay import Fault, ReplayServer, World
from guidance.evidence import assert_output, load_example, run_shell, twins
from guidance.paths import EXAMPLES
from river_levels import database, sql
from river_levels.config import load_settings
from river_levels.errors import BusyError, ConfigError, DatabaseError, SourceError
from river_levels.extract import extract
from river_levels.ledger import Counts
from river_levels.pipeline import Pipeline, opened
from river_levels.windows import Window, compact, iso, parse_utc

HERE = "principles/idempotency"
HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 3, 27, tzinfo=UTC)
DAY = Window(MIDNIGHT, MIDNIGHT + 24 * HOUR)
NEXT_DAY = Window(DAY.end, DAY.end + 24 * HOUR)
LEVEL = "4070TH-level-stage-i-15_min-mASD"
BATCH = "4070TH-southern-level-stage-i-15_min-mASD"
PATIENCE_S = 60.0

quick = settings(
    max_examples=3,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""Few examples, the same each time; `pytest -m audit` looks further."""


def pair(good: str, wrong: str) -> dict[str, ModuleType]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


def text_of(name: str) -> str:
    """Return the SQL of an example."""
    return (EXAMPLES / HERE / name).read_text("utf-8")


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Look again and again, and fail if it never comes."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def waiting(watch: psycopg.Connection[Any]) -> int:
    """Count the sessions of a database that wait for a lock."""
    query = """
        SELECT count(DISTINCT pid) FROM pg_locks
        JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE NOT granted AND datname = current_database()
    """
    [(sessions,)] = watch.execute(query).fetchall()
    return int(sessions)


# --- a table of our own, and what writes to it ------------------------------------

TABLES = """
    CREATE TABLE river_levels (
        measure_id text NOT NULL,
        observed_at timestamptz NOT NULL,
        value double precision NOT NULL
    );
    CREATE TABLE watermarks (source text PRIMARY KEY, newest_at timestamptz NOT NULL);
    CREATE TABLE rain (observed_at timestamptz NOT NULL, tips integer NOT NULL);
    CREATE TABLE notices_sent (key text PRIMARY KEY);
    CREATE TABLE running (name text PRIMARY KEY);
    CREATE TABLE measures (station_id text, qualifier text);
"""


@contextmanager
def new_database(server_url: str) -> Iterator[str]:
    """Yield the URL of a new, empty database."""
    name = f"test_{secrets.token_hex(6)}"
    create_database(server_url, name)
    yield with_database(server_url, name)
    drop_database(server_url, name)


@pytest.fixture(scope="module")
def examples_url(postgres_url: str) -> Iterator[str]:
    """A database for the examples, shared by the tests of this file."""
    with new_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
def raw_url(postgres_url: str) -> Iterator[str]:
    """A database with the tables of the pipeline, shared by the tests of its SQL."""
    with new_database(postgres_url) as url:
        engine = database.connect(driver_named(url), "tests")
        database.migrate(engine)
        engine.dispose()
        yield url


def driver_named(url: str) -> str:
    """Return a database URL as SQLAlchemy wants it."""
    return url.replace("postgresql", "postgresql+psycopg", 1)


@pytest.fixture
def connection(examples_url: str) -> Iterator[psycopg.Connection[Any]]:
    """The empty tables of the examples; none enforces a key."""
    with psycopg.connect(examples_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.execute(TABLES)
        yield connection


def quarters(window: Window, value: float = 0.5) -> list[tuple[str, datetime, float]]:
    """A reading for every quarter-hour of a window."""
    return [(LEVEL, part.start, value) for part in window.split(HOUR / 4)]


type Run = Callable[[psycopg.Connection[Any], Window], object]


def subject(connection: psycopg.Connection[Any], run: Run) -> Any:
    """Put something that writes to ``river_levels`` under test."""
    properties = load_example(f"{HERE}/properties.py")
    query = "SELECT measure_id, observed_at, value FROM river_levels"
    info = connection.info

    def run_in_own_session(window: Window) -> None:
        with psycopg.connect(info.dsn, password=info.password, autocommit=True) as own:
            run(own, window)

    return properties.Subject(
        reset=lambda: connection.execute("TRUNCATE river_levels, watermarks"),
        run=run_in_own_session,
        state=lambda: {"river_levels": properties.fingerprint(connection, query)},
    )


def writer(module: Any) -> Run:
    """Let a module write the readings of a window."""

    def run(connection: psycopg.Connection[Any], window: Window) -> None:
        rows = [module.Reading(*row) for row in quarters(window)]
        module.replace_window(connection, window, rows)

    return run


def writers(good: str, wrong: str) -> dict[str, ModuleType]:
    """Load two modules that replace windows; the wrong one borrows the row type."""
    modules = pair(good, wrong)
    modules["bad"].Reading = modules["good"].Reading  # type: ignore[attr-defined]
    return modules


# --- the reference pipeline under test --------------------------------------------

RAW = {
    "readings": "SELECT measure_id, observed_at, value FROM raw.readings",
    "quarantine": "SELECT item_hash, reason, detail, payload FROM raw.quarantine",
    "stations": "SELECT station_id, label, river_name, is_listed FROM raw.stations",
    "measures": "SELECT measure_id, station_id, unit, is_listed FROM raw.measures",
}
MARTS = {
    "fct_readings": """
        SELECT measure_id, station_id, observed_at, unit, value, is_plausible
        FROM marts.fct_readings
    """,
    # The order of the rows may move the last bits of an average: round them away.
    "river_levels_by_day": """
        SELECT measure_id, local_date, lowest, highest, readings, implausible,
               round(average::numeric, 9) AS average
        FROM marts.river_levels_by_day
    """,
    "river_levels_daily": """
        SELECT local_date, station_name, measure_id, lowest, highest, readings
        FROM serving.river_levels_daily
    """,
}
EMPTY = """
    TRUNCATE raw.readings, raw.quarantine, raw.stations, raw.measures,
             ops.runs, ops.objects, ops.manifests RESTART IDENTITY
"""
DBT_SCHEMAS = "staging, intermediate, marts, serving, snapshots, reference"


@pytest.fixture
def small(pipeline: Pipeline) -> Iterator[Pipeline]:
    """The pipeline, reading the two gauges of New Malden only; it gives up at once."""
    near = {"latitude": 51.411, "longitude": -0.247, "distance_km": 1.0}
    variables = {f"RIVER_LEVELS_{k.upper()}": str(v) for k, v in near.items()}
    pipeline.settings = pipeline.settings.model_copy(update=near)
    with environment(**variables, RIVER_LEVELS_RETRY_BUDGET_S="0"):
        yield pipeline


def digests(url: str, queries: dict[str, str]) -> dict[str, Any]:
    """Fingerprint the tables of the pipeline."""
    properties = load_example(f"{HERE}/properties.py")
    with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
        return {
            table: properties.fingerprint(connection, query)
            for table, query in queries.items()
        }


def start_anew(pipeline: Pipeline, s3: Any) -> None:
    """Forget everything that the pipeline ever did."""
    with psycopg.connect(pipeline.settings.libpq_url, autocommit=True) as connection:
        connection.execute(EMPTY)
        connection.execute(f"DROP SCHEMA IF EXISTS {DBT_SCHEMAS} CASCADE")
    bucket = pipeline.store.bucket
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        if keys := [{"Key": found["Key"]} for found in page.get("Contents", [])]:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})


def under_test(
    pipeline: Pipeline,
    s3: Any,
    queries: dict[str, str] | None = None,
    run: Callable[[Window], object] | None = None,
) -> Any:
    """Put the reference pipeline under test."""
    properties = load_example(f"{HERE}/properties.py")
    return properties.Subject(
        reset=partial(start_anew, pipeline, s3),
        run=run or (lambda window: pipeline.ingest(window, "test")),
        state=partial(digests, pipeline.settings.libpq_url, queries or RAW),
    )


# --- IDM-1: a pure function of code, input and window -----------------------------


@pytest.mark.rule("IDM-1")
def test_a_window_of_the_past_is_judged_by_its_own_end() -> None:
    last_seen = {LEVEL: DAY.end - HOUR / 4, BATCH: DAY.end - 20 * HOUR}

    def names_the_silent_gauge(module: Any) -> None:
        found = module.silent_gauges(last_seen, DAY)
        assert BATCH in found
        assert found <= {BATCH}, f"calls {LEVEL} silent too"

    modules = pair("silence", "asks_the_clock")
    twins(names_the_silent_gauge, **modules, harm=f"calls {LEVEL} silent too")


@pytest.mark.rule("IDM-1")
def test_the_order_of_the_windows_does_not_matter(
    connection: psycopg.Connection[Any],
) -> None:
    only_newer = text_of("wrong/only_newer_rows.sql")

    def run_only_newer(own: psycopg.Connection[Any], window: Window) -> None:
        with own.transaction(), own.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE incoming (LIKE river_levels)")
            insert = "INSERT INTO incoming VALUES (%s, %s, %s)"
            cursor.executemany(insert, quarters(window))
            cursor.execute(only_newer)

    def backfills(run: Run) -> None:
        tested = subject(connection, run)
        tested.way_is_irrelevant([DAY, NEXT_DAY], [NEXT_DAY, DAY])
        assert tested.state()["river_levels"].rows == 192

    twins(
        backfills,
        good=writer(load_example(f"{HERE}/replacing.py")),
        bad=run_only_newer,
        harm=r"river_levels: 96 rows \(\w+\) instead of 192 rows",
    )


THREE_DAYS = Window(MIDNIGHT - 24 * HOUR, MIDNIGHT + 48 * HOUR)


@st.composite
def ways(draw: st.DrawFn) -> list[Window]:
    """Some way to cover three days: pieces and overlaps, in any order."""
    step = draw(st.integers(20, 60)) * HOUR
    pieces = list(THREE_DAYS.split(step))
    for _ in range(draw(st.integers(0, 2))):
        first = draw(st.integers(0, 70))
        hours = draw(st.integers(1, 72 - first))
        start = THREE_DAYS.start + first * HOUR
        pieces.append(Window(start, start + hours * HOUR))
    return draw(st.permutations(pieces))


def covers(pipeline: Pipeline, s3: Any, way: list[Window]) -> None:
    """Assert that a way of covering three days ends as one run over them does."""
    under_test(pipeline, s3).way_is_irrelevant([THREE_DAYS], way)
    assert digests(pipeline.settings.libpq_url, RAW)["readings"].rows > 300


@pytest.mark.rule("IDM-1", "IDM-2")
@quick
@given(way=ways())
def test_the_pipeline_may_run_any_windows_in_any_order(
    small: Pipeline, s3: Any, way: list[Window]
) -> None:
    covers(small, s3, way)


@pytest.mark.audit
@settings(quick, max_examples=60, derandomize=False)
@given(way=ways())
def test_the_pipeline_may_run_any_windows_in_any_order_at_length(
    small: Pipeline, s3: Any, way: list[Window]
) -> None:
    covers(small, s3, way)


# --- IDM-2: half-open windows in UTC ----------------------------------------------


@pytest.mark.rule("IDM-2")
@settings(quick, max_examples=30)
@given(
    minutes=st.integers(1, 3_000),
    step=st.integers(100, 1_500),
    at=st.integers(-100, 3_100),
)
def test_every_moment_belongs_to_exactly_one_piece(minutes: int, step: int, at: int) -> None:
    whole = Window(MIDNIGHT, MIDNIGHT + minutes * HOUR / 60)
    pieces = list(whole.split(step * HOUR / 60))

    for moment in (MIDNIGHT + at * HOUR / 60, whole.start, whole.end, pieces[-1].start):
        assert sum(moment in piece for piece in pieces) == (moment in whole)


@pytest.mark.rule("IDM-2")
def test_midnight_is_counted_once(connection: psycopg.Connection[Any]) -> None:
    rows = [(at, 1) for _, at, _ in quarters(Window(DAY.start, NEXT_DAY.end + HOUR))]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO rain VALUES (%s, %s)", rows)

    def days_add_up(name: str) -> None:
        found = [
            connection.execute(text_of(name), {"start": day.start, "end": day.end})
            for day in (DAY, NEXT_DAY)
        ]
        tips = sum(total for (total,) in itertools.chain(*found))
        assert tips == 192

    twins(
        days_add_up,
        good="half_open.sql",
        bad="wrong/both_ends.sql",
        harm="194 == 192",
    )


@pytest.mark.rule("IDM-2")
def test_a_window_is_in_utc_whatever_it_was_made_from() -> None:
    london = ZoneInfo("Europe/London")
    spring = Window(datetime(2026, 3, 29, tzinfo=london), datetime(2026, 3, 30, tzinfo=london))

    assert str(spring) == "[2026-03-29T00:00:00Z, 2026-03-29T23:00:00Z)"
    assert spring.end - spring.start == 23 * HOUR
    assert [str(day) for day in spring.days()] == ["2026-03-29"] * 2
    assert str(spring.widened(48 * HOUR)).startswith("[2026-03-27T00:00:00Z")
    assert Window.parse("2026-03-27", "2026-03-28T01:00+01:00") == DAY
    assert parse_utc("2026-03-27T01:00:00+01:00") == MIDNIGHT
    assert (iso(DAY.start), compact(DAY.start)) == (
        "2026-03-27T00:00:00Z",
        "20260327T000000Z",
    )
    with pytest.raises(ConfigError, match="no time zone"):
        Window(MIDNIGHT.replace(tzinfo=None), DAY.end)
    with pytest.raises(ConfigError, match="is empty"):
        Window(DAY.start, DAY.start)
    with pytest.raises(ConfigError, match="'yesterday' is no ISO 8601 time"):
        Window.parse("yesterday", "2026-03-28")


# --- IDM-3: replace or upsert, in one transaction ---------------------------------


@pytest.mark.rule("IDM-3")
def test_a_second_run_adds_nothing(connection: psycopg.Connection[Any]) -> None:
    def runs_twice(module: Any) -> None:
        tested = subject(connection, writer(module))
        tested.twice_is_once(DAY)
        assert tested.state()["river_levels"].rows == 96

    modules = writers("replacing", "append")
    harm = r"river_levels: 192 rows \(\w+\) instead of 96 rows"
    twins(runs_twice, **modules, harm=harm)


@pytest.mark.rule("IDM-1", "IDM-3")
def test_a_second_run_of_the_pipeline_changes_nothing(small: Pipeline, s3: Any) -> None:
    tested = under_test(small, s3)
    tested.twice_is_once(DAY)

    changed = "SELECT max(loaded_at) FROM raw.readings"
    with psycopg.connect(small.settings.libpq_url, autocommit=True) as connection:
        before = connection.execute(changed).fetchall()
        assert small.load(DAY).inserted == 0
        assert connection.execute(changed).fetchall() == before


class SourceDied(Exception):
    """The source went away in the middle."""


def ten_and_then(rows: Sequence[Any]) -> Iterator[Any]:
    """Yield ten rows and die."""
    yield from rows[:10]
    raise SourceDied


@pytest.mark.rule("IDM-3")
def test_a_run_that_fails_leaves_what_was_there(
    connection: psycopg.Connection[Any],
) -> None:
    modules = writers("replacing", "two_transactions")
    rows = [modules["good"].Reading(*row) for row in quarters(DAY)]

    def keeps_the_rows(module: Any) -> None:
        connection.execute("TRUNCATE river_levels")
        module.replace_window(connection, DAY, rows)
        with pytest.raises(SourceDied):
            module.replace_window(connection, DAY, ten_and_then(rows))
        found = connection.execute("SELECT FROM river_levels").fetchall()
        assert len(found) == 96

    twins(keeps_the_rows, **modules, harm="0 == 96")


@pytest.mark.rule("IDM-3")
def test_exactly_the_window_is_replaced(connection: psycopg.Connection[Any]) -> None:
    good = load_example(f"{HERE}/replacing.py")
    both = Window(DAY.start, NEXT_DAY.end)
    query = "SELECT value, count(*) FROM river_levels GROUP BY value ORDER BY value"

    for window, value in ((both, 1.0), (DAY, 2.0)):
        rows = [good.Reading(*row) for row in quarters(window, value)]
        assert good.replace_window(connection, window, rows) == len(rows)
    with pytest.raises(ValueError, match=r"2026, 3, 28.* is not in \[2026-03-27T"):
        good.replace_window(connection, DAY, [*rows, good.Reading(LEVEL, DAY.end, 3.0)])

    assert connection.execute(query).fetchall() == [(1.0, 96), (2.0, 96)]


@pytest.mark.rule("IDM-3")
def test_the_order_of_rows_does_not_break_a_tie(raw_url: str) -> None:
    incoming = [(LEVEL, DAY.start, 0.5, 0), (LEVEL, DAY.start, 0.7, 1)]
    incoming += [(BATCH, DAY.start, 0.9, page) for page in (0, 1)]
    outcomes = []

    for rows in (incoming, incoming[::-1], incoming[2:] + incoming[:2]):
        with psycopg.connect(raw_url) as connection:
            connection.execute(sql.read("stage"))
            with connection.cursor() as cursor:
                insert = "INSERT INTO incoming_reading VALUES (%s, %s, %s, %s)"
                cursor.executemany(insert, rows)
            connection.execute(sql.read("candidate"))
            connection.execute(sql.read("contradictions"))
            outcomes.append(
                (
                    connection.execute("SELECT * FROM candidate").fetchall(),
                    connection.execute(
                        "SELECT * FROM incoming_reject ORDER BY item_hash"
                    ).fetchall(),
                )
            )

    kept, rejected = outcomes[0]
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert [row[0] for row in kept] == [BATCH]
    assert {row[2] for row in rejected} == {"contradiction"}
    assert len(rejected) == 2


# --- IDM-4 and IDM-5: names and bytes from the content ----------------------------


@pytest.mark.rule("IDM-4", "IDM-5")
def test_storing_a_reply_again_stores_nothing(
    small: Pipeline, s3: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b'{"items": []}'
    bad = load_example(f"{HERE}/wrong/key_from_the_clock.py")

    def is_stored_once(put_reply: Callable[[bytes], tuple[str, str]]) -> None:
        start_anew(small, s3)
        digests = {put_reply(body)[1] for _ in range(2)}
        assert len(digests) == 1
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1

    twins(
        is_stored_once,
        good=partial(small.store.put_reply, "readings", DAY),
        bad=partial(bad.put_reply, s3, bucket),
        harm="2 == 1",
    )
    start_anew(small, s3)
    key, _ = small.store.put_reply("readings", DAY, body)
    first = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.delete_object(Bucket=bucket, Key=key)
    later = time.time() + 3_600
    monkeypatch.setattr("gzip.time.time", lambda: later)
    assert small.store.put_reply("readings", DAY, body)[0] == key
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == first


@pytest.mark.rule("IDM-4")
def test_half_an_extraction_is_none(
    small: Pipeline, s3: Any, bucket: str, flood_api: ReplayServer
) -> None:
    place = small.settings
    area = (place.latitude, place.longitude, place.distance_km)
    bad = load_example(f"{HERE}/wrong/manifest_as_it_goes.py")

    def is_not_taken_for_whole(extract: Callable[..., object]) -> None:
        start_anew(small, s3)
        flood_api.misbehave(Fault.HTML, path="/readings", times=None)
        with opened(load_settings()) as impatient, pytest.raises(SourceError):
            extract(impatient.api, impatient.store, DAY, area)
        flood_api.behave()
        found = small.store.newest_manifest(DAY)
        brought = len(found.objects) if found else "nothing complete"
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] > 0
        assert brought == "nothing complete"

    harm = "1 == 'nothing complete'"
    twins(is_not_taken_for_whole, good=extract, bad=bad.extract, harm=harm)
    bad.extract(small.api, small.store, DAY, area)
    whole = small.extract(DAY)
    assert len(whole.objects) == 3
    assert small.extract(DAY) == whole  # the same content: no second manifest


@pytest.mark.rule("IDM-5")
def test_the_same_rows_are_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[dict[str, object]] = [{"id": LEVEL, "m": 0.5}, {"id": BATCH, "m": None}]
    clock = itertools.count(1_774_569_600, 10)

    def packs_alike(module: Any) -> None:
        first = module.pack(rows)
        again = module.pack(dict(reversed(row.items())) for row in reversed(rows))
        assert first == again, "the same rows, other bytes"

    with monkeypatch.context() as patch:
        patch.setattr("gzip.time.time", lambda: next(clock))
        modules = pair("packing", "bytes_of_the_moment")
        twins(packs_alike, **modules, harm="the same rows, other bytes")


# --- IDM-6: the watermark ---------------------------------------------------------

BEGIN = MIDNIGHT - 24 * HOUR
ASKED = [BEGIN + hours * HOUR for hours in range(1, 62, 6)]


def source_at(world: World, asked_at: datetime) -> Callable[[datetime], Any]:
    """Return what the source answers at a moment: one gauge reports in batches."""

    def fetch(since: datetime) -> list[tuple[str, datetime, Any]]:
        after = since + timedelta(microseconds=1)  # `since` is exclusive
        return [
            (measure, seen.observed_at, seen.value)
            for measure in (LEVEL, BATCH)
            for seen in world.observations(measure, after, asked_at, asked_at)
        ]

    return fetch


@pytest.mark.rule("IDM-6")
def test_a_late_batch_is_not_missed(connection: psycopg.Connection[Any]) -> None:
    world = World(dirty=False)
    connection.execute("ALTER TABLE river_levels ADD UNIQUE (measure_id, observed_at)")
    there = source_at(world, ASKED[-1])(BEGIN)

    def nothing_is_missing(module: Any) -> None:
        connection.execute("TRUNCATE river_levels, watermarks")
        for asked_at in ASKED:
            fetch = source_at(world, asked_at)
            module.catch_up(connection, "gauges", fetch, BEGIN, asked_at)
        kept = connection.execute("SELECT FROM river_levels").fetchall()
        assert len(kept) == len(there)

    modules = pair("watermark", "watermark_from_the_clock")
    twins(nothing_is_missing, **modules, harm="333 == 459")


@pytest.mark.rule("IDM-6")
def test_the_watermark_moves_with_the_rows_or_not_at_all(
    connection: psycopg.Connection[Any],
) -> None:
    connection.execute("ALTER TABLE river_levels ADD UNIQUE (measure_id, observed_at)")
    catch_up = load_example(f"{HERE}/watermark.py").catch_up
    query = "SELECT newest_at FROM watermarks"
    long_ago = DAY.start - 1_000 * HOUR
    asked: list[datetime] = []

    def run(asked_at: datetime, *rows: tuple[str, datetime, Any]) -> int:
        def fetch(since: datetime) -> Any:
            asked.append(since)
            return rows

        return int(catch_up(connection, "gauges", fetch, long_ago, asked_at))

    assert run(DAY.end, (LEVEL, DAY.start, 0.5)) == 1
    with pytest.raises(psycopg.errors.NotNullViolation):
        run(DAY.end, (LEVEL, DAY.start + HOUR, 0.6), (BATCH, DAY.start + HOUR, None))
    assert connection.execute(query).fetchall() == [(DAY.start,)]
    assert run(DAY.end) == 0
    ahead = datetime(2030, 1, 1, tzinfo=UTC)
    run(DAY.end, (LEVEL, ahead, 0.7))
    assert connection.execute(query).fetchall() == [(DAY.end,)]
    run(DAY.end, (LEVEL, DAY.start, 0.8))  # an older window, run later
    assert connection.execute(query).fetchall() == [(DAY.end,)]
    assert asked[:2] == [long_ago, DAY.start - 48 * HOUR]


# --- IDM-7: corrections -----------------------------------------------------------

LATER = DAY.end + HOUR


def load_value(url: str, statements: list[str], value: float, fetched_at: datetime) -> None:
    """Load one value as the pipeline does, by the statements given."""
    with psycopg.connect(url) as connection:
        [(manifest_id,)] = connection.execute(
            """
            INSERT INTO ops.manifests
                (manifest_key, window_start, window_end, fetched_at)
            VALUES (gen_random_uuid(), %s, %s, %s) RETURNING manifest_id
            """,
            [DAY.start, DAY.end, fetched_at],
        ).fetchall()
        connection.execute(sql.read("stage"))
        connection.execute(
            "INSERT INTO incoming_reading VALUES (%s, %s, %s, 0)",
            [LEVEL, DAY.start, value],
        )
        connection.execute(sql.read("candidate"))
        parameters = {"fetched_at": fetched_at, "manifest_id": manifest_id}
        for statement in statements:
            connection.execute(statement, parameters)


def value_after(url: str, statements: list[str], *loads: tuple[float, datetime]) -> Any:
    """Return the value that several loads leave."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(EMPTY)
        for value, fetched_at in loads:
            load_value(url, statements, value, fetched_at)
        [(kept,)] = connection.execute("SELECT value FROM raw.readings").fetchall()
    return kept


@pytest.mark.rule("IDM-7")
def test_a_correction_arrives_and_stays(raw_url: str) -> None:
    merge = [sql.read(name) for name in ("correct", "confirm", "insert")]
    wrong, right = (0.50, DAY.end), (0.45, LATER)

    def arrives(statements: list[str]) -> None:
        assert value_after(raw_url, statements, wrong, right) == 0.45

    def stays(statements: list[str]) -> None:
        assert value_after(raw_url, statements, right, wrong) == 0.45

    first, last = (text_of(f"wrong/{w}_load_wins.sql") for w in ("first", "last"))
    twins(arrives, good=merge, bad=[first], harm="0.5 == 0.45")
    twins(stays, good=merge, bad=[last], harm="0.5 == 0.45")
    # Seen again, an old value is new again.
    assert value_after(raw_url, merge, wrong, right, (0.50, LATER + HOUR)) == 0.5
    again = [(0.50, LATER + HOUR), right]
    assert value_after(raw_url, merge, wrong, *again) == 0.5


@pytest.mark.rule("IDM-7")
def test_late_and_corrected_readings_win_in_any_order_of_loads(
    small: Pipeline, s3: Any, flood_api: ReplayServer
) -> None:
    world, url = flood_api.world, small.settings.libpq_url
    noon = DAY.start + 12 * HOUR
    world.hold_back(LEVEL, noon, noon + 2 * HOUR, until=DAY.end + 3 * HOUR)
    world.correct(LEVEL, noon - HOUR, 9.25, since=DAY.end + 2 * HOUR)
    world.correct(LEVEL, noon - HOUR, 9.75, since=DAY.end + 30 * HOUR)
    windows = [
        DAY,
        Window(noon - 6 * HOUR, DAY.end + 6 * HOUR),
        Window(DAY.start - 12 * HOUR, noon + 6 * HOUR),
    ]
    for window, hours in zip(windows, (1, 6, 36), strict=True):
        flood_api.now = DAY.end + hours * HOUR
        small.extract(window)

    ends = []
    for order in itertools.permutations(windows):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(EMPTY)
            counts = [small.load(window) for window in order]
            ends.append(digests(url, RAW))
            [(corrected, late)] = connection.execute(
                """
                SELECT
                    max(value) FILTER (WHERE observed_at < %(noon)s),
                    count(*) FILTER (WHERE observed_at >= %(noon)s)
                FROM raw.readings
                WHERE
                    measure_id = %(measure)s
                    AND observed_at >= %(noon)s - interval '1 hour'
                    AND observed_at < %(noon)s + interval '2 hours'
                """,
                {"noon": noon, "measure": LEVEL},
            ).fetchall()
        assert (corrected, late) == (9.75, 8)
        assert all(c.read == c.kept + c.quarantined for c in counts)

    assert all(end == ends[0] for end in ends)


# --- IDM-8: two runs at once ------------------------------------------------------


class Meeting:
    """Makes two runs meet: the first waits until the second can go no further.

    That is: until it writes too, or waits for a lock. A property first runs once for
    the clean history, so the meeting is on from the second reset on.
    """

    def __init__(self, watch: psycopg.Connection[Any]) -> None:
        self._watch = watch
        self._resets = 0
        self._here: list[int] = []

    def reset(self) -> None:
        """Note that a history begins."""
        self._resets += 1
        self._here.clear()

    def begin(self, rows: Iterable[Any]) -> Iterator[Any]:
        """Yield the rows, once both runs are here."""
        self._here.append(threading.get_ident())
        if self._resets > 1:
            wait_until(self._is_met, "the second run")
        yield from rows

    def _is_met(self) -> bool:
        return len(self._here) > 1 or waiting(self._watch) > 0


@pytest.mark.rule("IDM-8")
def test_two_runs_at_once_are_one(connection: psycopg.Connection[Any]) -> None:
    modules = writers("replacing", "no_turns")
    rows = [modules["good"].Reading(*row) for row in quarters(DAY)]

    def takes_turns(module: Any) -> None:
        meeting = Meeting(connection)

        def run(own: psycopg.Connection[Any], window: Window) -> None:
            module.replace_window(own, window, meeting.begin(rows))

        def reset() -> None:
            meeting.reset()
            connection.execute("TRUNCATE river_levels")

        tested = replace(subject(connection, run), reset=reset)
        tested.two_are_one(DAY)
        assert tested.state()["river_levels"].rows == 96

    harm = r"river_levels: 192 rows \(\w+\) instead of 96 rows"
    twins(takes_turns, **modules, harm=harm)


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """Hold a lock until the end of the block."""
    with psycopg.connect(url) as connection:
        connection.execute(statement)
        yield
        connection.rollback()


def lock_named(name: str) -> str:
    """Return the statement that takes one of the pipeline's own locks."""
    return f"SELECT pg_advisory_lock(hashtextextended('river-levels {name}', 0))"


@pytest.mark.rule("IDM-8")
def test_two_runs_of_the_pipeline_at_once_are_one(small: Pipeline, s3: Any) -> None:
    url = small.settings.libpq_url
    resets = 0
    door = held(url, lock_named("load"))

    def reset() -> None:
        nonlocal resets
        start_anew(small, s3)
        resets += 1
        if resets == 2:  # the second history is that of the two
            door.__enter__()
            threading.Thread(target=open_the_door).start()

    def open_the_door() -> None:
        try:
            with psycopg.connect(url, autocommit=True) as watch:
                wait_until(lambda: waiting(watch) == 2, "two runs at the door")
        finally:
            door.__exit__(None, None, None)

    def run(window: Window) -> Counts:
        with opened(small.settings) as own:
            return own.ingest(window, "test")[0]

    tested = replace(under_test(small, s3, run=run), reset=reset)
    tested.two_are_one(DAY)

    with psycopg.connect(url) as connection:
        query = "SELECT rows_inserted, status FROM ops.runs ORDER BY rows_inserted"
        assert connection.execute(query).fetchall() == [
            (0, "succeeded"),
            (tested.state()["readings"].rows, "succeeded"),
        ]


@pytest.mark.rule("IDM-8")
def test_the_lock_of_a_dead_run_is_free(
    connection: psycopg.Connection[Any], examples_url: str
) -> None:
    url = driver_named(examples_url)
    bad = load_example(f"{HERE}/wrong/flag_in_a_table.py")

    def is_free(exclusive: Callable[..., AbstractContextManager[None]]) -> None:
        doomed, other = (database.connect(url, n) for n in ("doomed", "other"))
        has_it, may_go = threading.Event(), threading.Event()

        def hold() -> None:
            with suppress(DatabaseError), exclusive(doomed, "rebuild", 0):
                has_it.set()
                may_go.wait(PATIENCE_S)

        holder = threading.Thread(target=hold)
        holder.start()
        assert has_it.wait(PATIENCE_S)
        with pytest.raises(BusyError, match="rebuild"):
            with exclusive(other, "rebuild", 0.1):
                raise AssertionError("two hold the lock")
        connection.execute(  # to the server, as if the process had been killed
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'doomed'"
        )
        outcome = "refused"
        with suppress(BusyError), exclusive(other, "rebuild", 5):
            outcome = "ran"
        may_go.set()
        holder.join(PATIENCE_S)
        doomed.dispose()
        other.dispose()
        assert outcome == "ran"

    harm = "'refused' == 'ran'"
    twins(is_free, good=database.exclusive, bad=bad.exclusive, harm=harm)


@pytest.mark.rule("IDM-8")
def test_a_free_lock_is_taken_and_given_back(
    connection: psycopg.Connection[Any], examples_url: str
) -> None:
    url = driver_named(examples_url)
    bad = load_example(f"{HERE}/wrong/flag_in_a_table.py")
    engine = database.connect(url, "one")
    done = []

    for exclusive in (database.exclusive, bad.exclusive):
        for _ in range(2):
            with exclusive(engine, "rebuild", 0):
                done.append(exclusive)
    with engine.begin() as session:
        database.take_turn(session, "rebuild")
        assert connection.execute("SELECT count(*) FROM running").fetchone() == (0,)
    with pytest.raises(DatabaseError, match="division by zero - nothing was committed"):
        with database.session_of(engine) as session:
            session.execute(sqlalchemy.text("SELECT 1 / 0"))
    for error, remedy in (
        (psycopg.errors.InsufficientPrivilege("no"), "grant it to the user"),
        (psycopg.OperationalError("no"), "check DATABASE_URL"),
    ):
        with pytest.raises(DatabaseError, match=remedy), database.database_errors():
            raise error
    engine.dispose()
    assert len(done) == 4


# --- IDM-9: side effects ----------------------------------------------------------


@dataclass
class Inbox:
    """A receiver that knows what it has; its answer may get lost on the way."""

    keys: set[str] = field(default_factory=set)
    attempts: int = 0
    loses_answers: bool = False

    def receive(self, key: str) -> None:
        self.attempts += 1
        self.keys.add(key)
        if self.loses_answers:
            raise TimeoutError("no answer")


@pytest.mark.rule("IDM-9")
def test_a_message_is_received_once(connection: psycopg.Connection[Any]) -> None:
    key = "flood-warning/3390TH/20260329T000000Z"

    def arrives_once(module: Any) -> None:
        inbox = Inbox(loses_answers=True)
        with pytest.raises(TimeoutError):
            module.send_once(connection, key, inbox.receive)
        inbox.loses_answers = False
        assert module.send_once(connection, key, inbox.receive)
        module.send_once(connection, key, inbox.receive)
        assert len(inbox.keys) == 1
        assert inbox.attempts == 2  # the lost answer had to be asked for again

    modules = pair("notices", "new_key_each_time")
    twins(arrives_once, **modules, harm="3 == 1")
    assert not modules["good"].send_once(connection, key, Inbox().receive)


# --- IDM-10: deletions ------------------------------------------------------------


@pytest.mark.rule("IDM-10")
def test_a_station_that_has_gone_is_no_longer_listed(raw_url: str) -> None:
    pipelines = [sql.read("stations"), sql.read("stations_gone")]

    def is_noticed(statements: list[str]) -> None:
        with psycopg.connect(raw_url) as connection:
            connection.execute(EMPTY)
            for hours, listed in enumerate((["old", "new"], ["new"])):
                connection.execute(sql.read("stage"))
                with connection.cursor() as cursor:
                    insert = "INSERT INTO incoming_station (station_id) VALUES (%s)"
                    cursor.executemany(insert, [[name] for name in listed])
                for statement in statements:
                    at = DAY.start + hours * HOUR
                    connection.execute(statement, {"fetched_at": at})
                connection.commit()
            query = "SELECT station_id FROM raw.stations WHERE is_listed ORDER BY 1"
            found = [name for (name,) in connection.execute(query).fetchall()]
        assert found == ["new"]

    twins(
        is_noticed,
        good=pipelines,
        bad=[text_of("wrong/upsert_only.sql")],
        harm=r"\['new', 'old'\] == \['new'\]",
    )


@pytest.mark.rule("IDM-10")
def test_an_empty_list_deletes_nothing(small: Pipeline, flood_api: ReplayServer) -> None:
    small.ingest(DAY, "test")
    stations = flood_api.world.stations
    listed = "SELECT count(*) FROM raw.stations WHERE is_listed"

    with psycopg.connect(small.settings.libpq_url, autocommit=True) as connection:
        flood_api.misbehave(Fault.EMPTY, path="/id/stations")
        with pytest.raises(SourceError, match="lists no station"):
            small.ingest(DAY, "test")
        assert connection.execute(listed).fetchone() == (2,)
        flood_api.world.stations = tuple(s for s in stations if s.id != "4070TH")
        small.ingest(DAY, "test")
        assert connection.execute(listed).fetchone() == (1,)
        flood_api.world.stations = stations
        small.ingest(DAY, "test")
        assert connection.execute(listed).fetchone() == (2,)


# --- IDM-11: surrogate keys -------------------------------------------------------

PARTS = [None, "", "a", "b", "ab", "a|b", ",", '"', '", "', "null", "[", "\\"]
AWKWARD = [*PARTS, "tab\t", "line\n", "\x01", "\x7f", "\u2028", "é", "€", "😀", "/", "'"]


@pytest.mark.rule("IDM-11")
def test_other_parts_have_another_key() -> None:
    naturals = [("a", "bc"), ("ab", "c"), (None, "abc"), ("", "abc"), ("a|b", "c")]
    naturals += [("a", "b|c"), ("null", "a"), (None, "a")]

    def all_differ(module: Any) -> None:
        keys = {module.surrogate_key(*natural) for natural in naturals}
        assert len(keys) == len(naturals)

    modules = pair("surrogate_key", "glued")
    twins(all_differ, **modules, harm="5 == 8")


@pytest.mark.rule("IDM-11")
def test_no_two_lists_of_parts_share_a_key() -> None:
    surrogate_key = load_example(f"{HERE}/surrogate_key.py").surrogate_key
    naturals = [n for size in range(4) for n in itertools.product(PARTS, repeat=size)]

    keys = {surrogate_key(*natural) for natural in naturals}

    assert len(keys) == len(naturals) == 1 + 12 + 12**2 + 12**3


@pytest.mark.rule("IDM-11")
def test_python_and_sql_make_the_same_key(
    connection: psycopg.Connection[Any],
) -> None:
    surrogate_key = load_example(f"{HERE}/surrogate_key.py").surrogate_key
    naturals = list(itertools.product(AWKWARD, repeat=2))
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO measures VALUES (%s, %s)", naturals)

    found = connection.execute(text_of("surrogate_key.sql")).fetchall()

    assert len(found) == len(naturals)
    assert all(surrogate_key(*natural) == key for *natural, key in found)


# --- killed anywhere --------------------------------------------------------------

ONE = "import sys; from river_levels.cli import main; sys.exit(main(sys.argv[1:]))"
LAUNCHER = f"""
import os, subprocess, sys
from river_levels.cli import main

for line in sys.stdin:  # a process for each line, forked where that is possible:
    if hasattr(os, "fork"):  # importing takes seconds
        if (pid := os.fork()) == 0:
            os.dup2(2, 1)
            os._exit(main(line.split()))
        print(pid, flush=True)
        os.waitpid(pid, 0)
    else:
        command = [sys.executable, "-c", {ONE!r}, *line.split()]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        print(child.pid, flush=True)
        child.wait()
    print("gone", flush=True)
"""


class Launcher:
    """Starts ``river-levels`` in processes that are there to be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._child: int | None = None

    def start(self, *arguments: str) -> None:
        """Run a command in a process of its own."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(arguments) + "\n")
        self._process.stdin.flush()
        self._child = int(self._read())

    def kill(self) -> None:
        """Kill the process as the kernel does when memory runs out."""
        if self._child is not None:
            os.kill(self._child, getattr(signal, "SIGKILL", signal.SIGTERM))
            self._child = None
            assert self._read() == "gone"

    def close(self) -> None:
        """End everything."""
        self.kill()
        self._process.communicate(timeout=PATIENCE_S)

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@dataclass(frozen=True)
class Moment:
    """Where a run is made to halt, and how to see that it is there."""

    name: str
    halt: AbstractContextManager[object]
    is_reached: Callable[[], bool]


def moments(
    url: str, watch: psycopg.Connection[Any], flood_api: ReplayServer
) -> Iterator[Moment]:
    """Yield the moments at which runs are killed, in the order of a run."""

    @contextmanager
    def silence(path: str) -> Iterator[None]:
        flood_api.misbehave(Fault.HANG, path=path)
        yield

    def is_asked(path: str) -> bool:
        return any(path in request.path for request in flood_api.requests)

    def is_loaded() -> bool:
        query = "SELECT FROM ops.runs WHERE status = 'succeeded'"
        return bool(watch.execute(query).fetchall())

    def is_blocked() -> bool:
        return waiting(watch) > 0

    first, last = "/id/stations", "/id/stations/4070TH-southern/readings"
    quarantine = "LOCK TABLE raw.quarantine IN SHARE MODE"
    readings = "LOCK TABLE raw.readings IN SHARE MODE"
    yield Moment("nothing fetched", silence(first), partial(is_asked, first))
    yield Moment("no manifest yet", silence(last), partial(is_asked, last))
    yield Moment("nothing loaded", held(url, lock_named("load")), is_blocked)
    yield Moment("before the merge", held(url, readings), is_blocked)
    yield Moment("before the commit", held(url, quarantine), is_blocked)
    yield Moment("nothing built", held(url, lock_named("transform")), is_loaded)


@pytest.fixture
def launcher(small: Pipeline) -> Iterator[Launcher]:
    """Something that starts runs of the small pipeline."""
    launcher = Launcher()
    yield launcher
    launcher.close()


@pytest.mark.rule("IDM-3", "IDM-4")
def test_a_run_may_be_killed_anywhere(
    small: Pipeline, s3: Any, flood_api: ReplayServer, launcher: Launcher
) -> None:
    url = small.settings.libpq_url
    window = THREE_DAYS
    command = ["run", "--window-start", iso(window.start)]
    command += ["--window-end", iso(window.end)]
    asked: dict[str, int] = {}

    def crash() -> None:
        with psycopg.connect(url, autocommit=True) as watch:
            for moment in moments(url, watch, flood_api):
                flood_api.requests.clear()
                with moment.halt:
                    launcher.start(*command)
                    wait_until(moment.is_reached, moment.name)
                    launcher.kill()
                asked[moment.name] = len(flood_api.requests)

    tested = under_test(small, s3, RAW | MARTS, run=small.run)
    tested.crash_is_harmless(window, crash)

    found = tested.state()
    assert found["readings"].rows > 300
    assert found["quarantine"].rows > 0
    assert list(asked.values()) == [1, 3, 3, 0, 0, 0]  # what is there is not asked for
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT status FROM ops.runs").fetchall()
    assert Counter(rows) == {("abandoned",): 5, ("succeeded",): 2}


@pytest.mark.audit
def test_dbt_may_be_killed_in_the_middle(small: Pipeline, s3: Any, launcher: Launcher) -> None:
    url = small.settings.libpq_url
    stations = "LOCK TABLE raw.stations IN ACCESS EXCLUSIVE MODE"

    def crash() -> None:
        small.ingest(DAY, "test")
        with psycopg.connect(url, autocommit=True) as watch, held(url, stations):
            launcher.start("transform")
            wait_until(lambda: waiting(watch) > 0, "dbt to meet the lock")
            launcher.kill()

    tested = under_test(small, s3, RAW | MARTS, run=small.run)
    tested.crash_is_harmless(DAY, crash)

    assert tested.state()["fct_readings"].rows > 100


# --- what the gotchas say ---------------------------------------------------------


def test_a_savepoint_commits_nothing(
    connection: psycopg.Connection[Any], examples_url: str
) -> None:
    good = load_example(f"{HERE}/replacing.py")
    rows = [good.Reading(*row) for row in quarters(DAY)]
    query = "SELECT count(*) FROM river_levels"

    for autocommit, kept in ((False, 0), (True, 96)):
        with closing(psycopg.connect(examples_url, autocommit=autocommit)) as own:
            own.execute("SELECT 1")  # opens a transaction, unless autocommit is on
            assert good.replace_window(own, DAY, rows) == 96
        assert connection.execute(query).fetchone() == (kept,)


def test_one_statement_cannot_upsert_a_key_twice(
    connection: psycopg.Connection[Any],
) -> None:
    connection.execute("INSERT INTO running VALUES ('a')")

    with pytest.raises(psycopg.errors.CardinalityViolation, match="a second time"):
        connection.execute(
            "INSERT INTO running VALUES ('a'), ('a')"
            " ON CONFLICT (name) DO UPDATE SET name = excluded.name"
        )


# --- what to do when something failed ---------------------------------------------


@pytest.mark.rule("IDM-1")
def test_the_same_command_again(small: Pipeline, tmp_path: Path) -> None:
    inserted = small.ingest(DAY, "test")[0].inserted

    shown = run_shell(f"examples/{HERE}/again.sh", cwd=tmp_path)

    assert f"inserted 0, corrected 0, unchanged {inserted:,}" in shown.stdout
    assert_output(f"examples/{HERE}/again.out", shown.stdout)
