"""Concurrency: two at once are as good as one after the other, and readers see no half.

Threads stand for processes: each has connections of its own, and it is PostgreSQL and S3
that have to keep them apart. Offsets between the two are seeded.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from guidance.engines import ReplayServer, environment
from guidance.engines.replay import World
from river_levels import database
from river_levels.config import load_settings
from river_levels.errors import BusyError
from river_levels.pipeline import Pipeline, opened
from river_levels.windows import Window

SEED = 20261128
DAY = timedelta(days=1)
WINDOW = Window.parse("2026-03-25", "2026-03-28")
LONG = Window.parse("2026-03-24", "2026-03-29")
WHOLE_AREA = {"LATITUDE": "51.39", "LONGITUDE": "-0.22", "DISTANCE_KM": "9"}
ROWS = {"readings", "stations", "measures", "quarantine"}


@contextmanager
def two_of(place: Any) -> Iterator[list[Pipeline]]:
    """Yield two pipelines with connections of their own at one place."""
    with environment(**place.variables):
        chosen = load_settings()
        with opened(chosen) as one, opened(chosen) as other:
            yield [one, other]


def at_once(one: Callable[[], Any], other: Callable[[], Any], offset_s: float) -> list[Any]:
    """Call both, the second so much later, and return what they return."""
    start = threading.Barrier(2)

    def begin(work: Callable[[], Any], wait_s: float) -> Any:
        start.wait(30)
        time.sleep(wait_s)
        return work()

    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(begin, one, 0.0), pool.submit(begin, other, offset_s)]
        return [call.result(120) for call in calls]


def rows_of(place: Any) -> dict[str, Any]:
    """Return the rows and the replies; each of two runs may have left a manifest."""
    state = place.state(with_marts=False)
    kept = {name: rows for name, rows in state.items() if name in ROWS}
    replies = {key for key in state["objects"] if "/_manifests/" not in key[0]}
    return kept | {"replies": Counter(replies)}


def undisturbed(runs: Any, window: Window) -> dict[str, Any]:
    """Return what one run of a window leaves."""
    place = runs.place()
    with two_of(place) as (pipeline, _):
        pipeline.ingest(window, "test")
    rows = rows_of(place)
    place.close()
    return rows


def same_window(runs: Any, times: int) -> list[dict[str, Any]]:
    """Run one window twice at once, again and again."""
    draw = random.Random(SEED)  # noqa: S311
    clean = undisturbed(runs, WINDOW)
    found = []
    for _ in range(times):
        place = runs.place()
        offset_s = round(draw.uniform(0, 0.3), 4)
        with two_of(place) as (one, other):
            results = at_once(
                lambda one=one: one.ingest(WINDOW, "one")[0],
                lambda other=other: other.ingest(WINDOW, "other")[0],
                offset_s,
            )
        inserted = sum(counts.inserted for counts in results)
        found.append(
            {
                "offset_s": offset_s,
                "inserted": inserted,
                "is_clean": rows_of(place) == clean,
                "finished": statuses(place),
            }
        )
        place.close()
    return found


def statuses(place: Any) -> list[str]:
    """Return how the runs at a place ended."""
    with psycopg.connect(place.database_url) as connection:
        rows = connection.execute("SELECT status FROM ops.runs ORDER BY 1").fetchall()
    return [status for (status,) in rows]


def overlapping(runs: Any, times: int) -> list[dict[str, Any]]:
    """Backfill overlapping spans in different steps at once, again and again."""
    draw = random.Random(SEED)  # noqa: S311
    clean = undisturbed(runs, LONG)
    spans = [
        (Window(LONG.start, LONG.end - DAY), DAY),
        (Window(LONG.start + DAY, LONG.end), 1.5 * DAY),
    ]
    found = []
    for _ in range(times):
        place = runs.place()
        offset_s = round(draw.uniform(0, 0.5), 4)

        def backfill(pipeline: Pipeline, window: Window, step: timedelta) -> int:
            parts = window.split(step)
            return sum(pipeline.ingest(part, "backfill")[0].inserted for part in parts)

        with two_of(place) as both:
            calls = [
                lambda p=p, s=s: backfill(p, *s) for p, s in zip(both, spans, strict=True)
            ]
            inserted = sum(at_once(*calls, offset_s))
        rows = rows_of(place)
        names = ROWS - {"quarantine"}
        same = all(values(rows[name]) == values(clean[name]) for name in names)
        found.append(
            {
                "offset_s": offset_s,
                "inserted": inserted,
                "is_clean": same and kept_out(rows) == kept_out(clean),
                "finished": statuses(place),
            }
        )
        place.close()
    return found


def values(rows: Counter[Any]) -> Counter[Any]:
    """Return readings without the number of the page, which differs from cut to cut."""
    return Counter(row[:3] for row in rows.elements())


def kept_out(rows: dict[str, Any]) -> set[Any]:
    """Return what is in quarantine, without the number of the page."""
    return {row[:5] for row in rows["quarantine"]}


def test_two_runs_of_one_window_at_once_are_one(runs: Any) -> None:
    found = same_window(runs, 4)

    assert [f["inserted"] for f in found] == [574] * 4
    assert all(f["is_clean"] for f in found)
    assert [f["finished"] for f in found] == [["succeeded"] * 2] * 4


def test_overlapping_backfills_at_once_are_one(runs: Any) -> None:
    found = overlapping(runs, 2)

    assert all(f["is_clean"] for f in found)
    assert len({f["inserted"] for f in found}) == 1
    assert [f["finished"] for f in found] == [["succeeded"] * 7] * 2


@pytest.mark.audit
def test_many_at_once_are_one(runs: Any, keep: Callable[..., None]) -> None:
    same = same_window(runs, 20)
    overlaps = overlapping(runs, 10)
    reads = [read_while_loading(runs) for _ in range(5)]

    keep("concurrency", seed=SEED, same_window=same, overlapping=overlaps, reader=reads)
    assert all(f["is_clean"] for f in same + overlaps)
    assert all(r["halves"] == 0 for r in reads)


# --- a reader during the load ---------------------------------------------------------

# One statement sees one snapshot: rows, their sum, and whether the ledger knows of them.
LOOK = """
    SELECT count(*), sum(hashtextextended(r::text, 0)),
           (SELECT count(*) FROM ops.runs WHERE status = 'succeeded')
    FROM (SELECT measure_id, observed_at, value FROM raw.readings) AS r
"""


def read_while_loading(runs: Any) -> dict[str, int]:
    """Load a window twice, the second time with corrections, under a reader's eyes."""
    world = World()
    level = "4070TH-level-stage-i-15_min-mASD"
    now = datetime(2026, 3, 30, tzinfo=UTC)
    for hours in range(40):  # the source corrects 40 readings after the first load
        at = WINDOW.start + hours * timedelta(hours=1)
        world.correct(level, at, 9.0 + hours, now + timedelta(hours=1))
    seen: list[Any] = []
    is_over = threading.Event()
    with ReplayServer(world, now) as source:
        place = runs.place(**WHOLE_AREA, API_URL=source.url)
        with (
            two_of(place) as (pipeline, _),
            psycopg.connect(place.database_url, autocommit=True) as connection,
        ):

            def look() -> None:
                while not is_over.is_set():
                    seen.append(connection.execute(LOOK).fetchone())

            states = [connection.execute(LOOK).fetchone()]
            reader = threading.Thread(target=look)
            reader.start()
            for moment in (now, now + timedelta(hours=2)):
                source.now = moment
                pipeline.ingest(WINDOW, "test")
                with psycopg.connect(place.database_url) as own:
                    states.append(own.execute(LOOK).fetchone())
            is_over.set()
            reader.join(30)
    place.close()
    found = Counter(seen)
    return {
        "looks": found.total(),
        "states": len(found.keys() & {*states}),
        "halves": sum(times for state, times in found.items() if state not in states),
    }


def test_a_reader_sees_the_old_or_the_new(runs: Any) -> None:
    seen = read_while_loading(runs)

    assert seen["halves"] == 0
    assert seen["states"] == 3
    assert seen["looks"] > 10


@pytest.mark.audit
def test_a_reader_of_the_views_sees_the_old_or_the_new(
    runs: Any, keep: Callable[..., None]
) -> None:
    place = runs.place()
    looks: Counter[Any] = Counter()
    errors: Counter[str] = Counter()
    is_over = threading.Event()
    query = "SELECT count(*), sum(hashtextextended(d::text, 0)) FROM serving.{} AS d"
    names = ("river_levels_daily", "latest_river_levels")

    def look() -> None:
        with psycopg.connect(place.database_url, autocommit=True) as connection:
            while not is_over.is_set():
                for name in names:
                    try:
                        looks[name, connection.execute(query.format(name)).fetchone()] += 1
                    except psycopg.Error as error:
                        errors[type(error).__name__] += 1
                time.sleep(0.005)

    def run(end: str) -> set[Any]:
        command = ["run", "--window-start", "2026-03-25", "--window-end", end]
        assert runs.run(place, command).status == 0
        with psycopg.connect(place.database_url) as connection:
            return {(n, connection.execute(query.format(n)).fetchone()) for n in names}

    states = run("2026-03-26")
    reader = threading.Thread(target=look)
    reader.start()
    for end in ("2026-03-27", "2026-03-28"):
        states |= run(end)
    is_over.set()
    reader.join(30)
    place.close()

    halves = {state: times for state, times in looks.items() if state not in states}
    keep(
        "views",
        looks=looks.total(),
        states=len(looks.keys() & states),
        halves=sum(halves.values()),
        errors=dict(errors),
    )
    assert halves == {}
    assert errors == {}


# --- locks ----------------------------------------------------------------------------


def holding(name: str) -> str:
    """Return the statement that takes one of the pipeline's locks."""
    return f"SELECT pg_advisory_lock(hashtextextended('river-levels {name}', 0))"


@pytest.mark.parametrize("lock", ["load", "migrate"])
def test_who_waits_too_long_for_a_turn_says_so(
    runs: Any, monkeypatch: pytest.MonkeyPatch, lock: str
) -> None:
    monkeypatch.setitem(database.GUARDS, "lock_timeout", "200ms")
    place = runs.place()
    with two_of(place) as (pipeline, _):
        with psycopg.connect(place.database_url, autocommit=True) as other:
            other.execute(holding(lock))
            with pytest.raises(BusyError, match="lock timeout - wait for the run") as refused:
                pipeline.prepare()
                pipeline.ingest(WINDOW, "test")
        nothing = rows_of(place)["readings"].total()
        pipeline.prepare()
        counts, was_asked = pipeline.ingest(WINDOW, "test")
    ended = statuses(place)
    place.close()

    assert refused.value.exit_code == 8
    assert nothing == 0
    assert counts.inserted == 574
    assert was_asked == (lock == "migrate"), "what was extracted is not asked for again"
    assert ended == (["failed"] if lock == "load" else []) + ["succeeded"]


def test_runs_take_turns_and_a_dead_one_holds_nobody_up(runs: Any) -> None:
    place = runs.place()
    with two_of(place) as (pipeline, _):
        with psycopg.connect(place.database_url, autocommit=True) as other:
            other.execute(holding("load"))
            waiting = ThreadPoolExecutor(1)
            ingesting = waiting.submit(pipeline.ingest, WINDOW, "test")
            deadline = time.monotonic() + 20
            query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while other.execute(query).fetchone() != (1,):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            is_waiting = not ingesting.done()
        # Its session has ended, as that of a killed process does: the lock is free.
        counts, _ = ingesting.result(20)
        waiting.shutdown()
    place.close()

    assert is_waiting
    assert counts.inserted == 574
