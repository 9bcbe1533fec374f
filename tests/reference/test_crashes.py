"""Crash matrix: killed anywhere, run again, and nothing is lost, doubled or left over.

Three troubles: the run is killed, the database is killed, S3 fails every n-th call. Each
time the pipeline runs once more without trouble, and what is there is compared with a clean
run, row by row. ``-m audit --update-outputs`` does all of it and writes the results.
"""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
import pytest

from guidance.engines import EngineError, PostgresServer
from guidance.paths import EXAMPLES

SEED = 20261128
RUN = ["run", "--window-start", "2026-03-25", "--window-end", "2026-03-28"]
LOUD = {0, 4, 5, 7}
"""Exit codes of trouble with S3, PostgreSQL and dbt; 0 if the run came through."""

BOUNDARIES = {
    "migrate": ["before migrate", "after migrate"],
    "extract": [
        "before extract",
        "before put_reply",
        "after put_reply",
        "before put_manifest",
        "after put_manifest",
        "after extract",
    ],
    "load": [
        "before load",
        "before parse",
        "after parse",
        "before register",
        "after register",
        "before copy",
        "after copy",
        "before merge",
        "after merge",
        "before succeed",
        "after succeed",
        "after load",
    ],
    "transform": ["before transform", "before run_dbt", "after run_dbt", "after transform"],
    "serve": ["before serve", "before put_export", "after put_export", "after serve"],
}
INSTANTS = (
    *(("migrate", 22), ("extract", 55), ("load", 65), ("transform", 8), ("serve", 4)),
    ("extract", 18),
)
"""In the order in which they are drawn. dbt takes its time, so its share is small."""

CALLS = {"put_reply": 3, "copy": 4}
"""How often a run passes a boundary, if more than once."""

SHORTEST_S = 0.002

EARLY = {"migrate", "extract", "load"}
"""Steps before dbt: after a kill there, the next run ends with the load, to save hours."""


@dataclass(frozen=True)
class Kill:
    """Where one run dies: at the n-th passing of a boundary, or within a step."""

    number: int
    step: str
    point: str = ""
    nth: int = 1
    fraction: float = 0.0


def planned() -> list[Kill]:
    """Return the 200 kills: every boundary, and random instants of every step."""
    draw = random.Random(SEED)  # noqa: S311
    kills: list[Kill] = []
    for step, points in BOUNDARIES.items():
        for point in points:
            nth = draw.randint(1, CALLS.get(point.split()[1], 1))
            kills.append(Kill(len(kills), step, point, nth))
    for step, times in INSTANTS:
        for _ in range(times):
            at = round(draw.random(), 4)
            kills.append(Kill(len(kills), step, fraction=at))
    return kills


def in_every_run() -> list[Kill]:
    """Return the 20 of them that the normal test run repeats: ten of each kind."""
    early = [kill for kill in planned() if kill.step in EARLY]
    boundaries = [kill for kill in early if kill.point]
    return boundaries[::2] + [kill for kill in early if not kill.point][::16]


@pytest.mark.parametrize("step", BOUNDARIES)
def test_the_published_kills_are_those_of_the_seed(step: str) -> None:
    path = EXAMPLES / "reference" / "proofs" / f"kills-{step}.json"
    published = [verdict["kill"] for verdict in json.loads(path.read_text("utf-8"))["kills"]]

    assert published == [asdict(kill) for kill in planned() if kill.step == step]


class Clean:
    """What an undisturbed run leaves, to the readers or only until it has loaded."""

    def __init__(self, runs: Any) -> None:
        self._runs = runs
        self._found: dict[bool, tuple[Any, Any]] = {}

    def _of(self, is_whole: bool) -> tuple[Any, Any]:
        if is_whole not in self._found:
            place = self._runs.place()
            outcome = self._runs.run(place, RUN, until_loaded=not is_whole)
            assert outcome.status == 0, outcome.log
            self._found[is_whole] = place.state(with_marts=is_whole), outcome
            place.close()
        return self._found[is_whole]

    def state(self, is_whole: bool) -> Any:
        """Return the rows and objects that it leaves."""
        return self._of(is_whole)[0]

    def seconds(self, step: str) -> float:
        """Return how long a step takes."""
        found: float = self._of(step not in EARLY)[1].seconds_of(step)
        return found


@pytest.fixture(scope="module")
def clean(runs: Any) -> Clean:
    """An undisturbed run."""
    return Clean(runs)


@dataclass(frozen=True)
class Verdict:
    """What became of one kill.

    Attributes:
        fell: the step in which the run died; empty if it had ended before.
        differences: rows and objects that differ from a clean run, by table.
    """

    kill: Kill
    fell: str
    last_mark: str
    is_whole: bool
    differences: dict[str, int]


def strike(
    runs: Any, clean: Clean, kill: Kill, compare: Callable[..., Any], *, is_whole: bool
) -> Verdict:
    """Kill a run, run again, and compare with a clean run."""
    expected = clean.state(is_whole)
    order: dict[str, Any] = {"point": kill.point, "nth": kill.nth}
    after_s = kill.fraction * clean.seconds(kill.step)
    while True:
        place = runs.place()
        if not kill.point:
            order = {"step": kill.step, "after_s": after_s}
        killed = runs.run(place, RUN, order, until_loaded=not is_whole)
        if killed.status or kill.point or after_s < SHORTEST_S:
            break
        place.close()  # it had ended: today this machine is quicker than the clean run was
        after_s /= 2
    assert killed.status in (0, -signal.SIGKILL), killed.log
    again = runs.run(place, RUN, until_loaded=not is_whole)
    differing = {"exit code": again.status}
    if again.status == 0:
        differing = compare(expected, place.state(with_marts=is_whole))
    place.close()
    fell = ""
    if killed.status:
        open_steps = [name for name, edge, _ in killed.marks if name in BOUNDARIES]
        fell = open_steps[-1]
    last = last_of(killed)
    return Verdict(kill, fell, last, is_whole, differing)


def test_twenty_kills_leave_no_trace(
    runs: Any, clean: Clean, differences: Callable[..., Any]
) -> None:
    verdicts = [
        strike(runs, clean, kill, differences, is_whole=False) for kill in in_every_run()
    ]

    assert len(verdicts) == 20
    assert [v for v in verdicts if v.differences] == []
    assert [v for v in verdicts if not v.fell] == []
    assert clean.state(False)["readings"].total() == 574
    assert clean.state(False)["quarantine"].total() == 1


@pytest.mark.audit
@pytest.mark.parametrize("step", BOUNDARIES)
def test_two_hundred_kills_leave_no_trace(
    runs: Any,
    clean: Clean,
    differences: Callable[..., Any],
    keep: Callable[..., None],
    step: str,
) -> None:
    kills = [kill for kill in planned() if kill.step == step]
    is_whole, seconds = step not in EARLY, clean.seconds(step)
    verdicts: list[Verdict] = []
    for kill in kills:
        verdicts.append(strike(runs, clean, kill, differences, is_whole=is_whole))
        rows = [asdict(verdict) for verdict in verdicts]
        keep(f"kills-{step}", seed=SEED, clean_s=seconds, kills=rows)

    assert [v for v in verdicts if v.differences] == []
    assert len(planned()) == 200


# --- the database is killed -----------------------------------------------------------

WHOLE_AREA = {"LATITUDE": "51.39", "LONGITUDE": "-0.22", "DISTANCE_KM": "9"}
WAYS = ("stop_immediate", "kill_backend", "kill_postmaster")


@dataclass(frozen=True)
class DatabaseKill:
    """How and when the database dies: a fraction of a clean run's time."""

    way: str
    fraction: float
    with_dbt: bool


def planned_for_the_database() -> list[DatabaseKill]:
    """Return 30 deaths; three of them fall while dbt builds."""
    draw = random.Random(SEED)  # noqa: S311
    return [
        DatabaseKill(WAYS[n % 3], round(draw.uniform(0.3, 1.0), 4), with_dbt=n >= 27)
        for n in range(30)
    ]


@pytest.fixture(scope="module")
def doomed() -> Iterator[PostgresServer]:
    """A server of our own, to be killed."""
    with PostgresServer() as server:
        yield server


def end(server: PostgresServer, way: str, database_url: str) -> None:
    """Kill the database, or one of its sessions, as a machine does; bring it back."""
    if way == "stop_immediate":
        server.kill()
    elif way == "kill_postmaster":
        file = server.data / "postmaster.pid"
        os.kill(int(file.read_text().split()[0]), signal.SIGKILL)
        assert server._process is not None
        server._process.wait(30)
    else:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        with psycopg.connect(database_url) as connection:
            rows = connection.execute(f"{query} AND pid <> pg_backend_pid()").fetchall()
        for (pid,) in rows[-1:]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        return
    for _ in range(50):
        try:
            server.kill()  # what is left of it
            server.start()
        except EngineError:  # old sessions still hold its memory
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the database does not come back")


def when_it_answers(url: str) -> None:
    """Wait until the database has recovered."""
    for _ in range(200):
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the database does not answer")


def database_dies(
    runs: Any,
    doomed: PostgresServer,
    deaths: list[DatabaseKill],
    compare: Callable[..., Any],
    **area: str,
) -> list[dict[str, Any]]:
    """Kill the database under runs, run again, and compare with a clean run."""
    clean: dict[bool, tuple[Any, float]] = {}
    for with_dbt in {death.with_dbt for death in deaths}:
        place = runs.place(doomed.url, **area)
        outcome = runs.run(place, RUN, until_loaded=not with_dbt)
        assert outcome.status == 0, outcome.log
        clean[with_dbt] = place.state(with_marts=with_dbt), outcome.seconds
        place.close()
    found = []
    for death in deaths:
        place = runs.place(doomed.url, **area)
        state, seconds = clean[death.with_dbt]
        runs.start(place, RUN, until_loaded=not death.with_dbt)
        time.sleep(death.fraction * seconds)
        end(doomed, death.way, place.database_url)
        hit = runs.finish()
        when_it_answers(place.database_url)
        again = runs.run(place, RUN, until_loaded=not death.with_dbt)
        assert again.status == 0, again.log
        differing = compare(state, place.state(with_marts=death.with_dbt))
        place.close()
        assert is_loud(hit), hit.log
        found.append(
            asdict(death)
            | {"exit": hit.status, "last_mark": last_of(hit), "differences": differing}
        )
    return found


def is_loud(outcome: Any) -> bool:
    """Whether a run came through, or failed with a documented code and a clear line."""
    if outcome.status not in LOUD or "Traceback" in outcome.log:
        return False
    return outcome.status == 0 or "river-levels: " in outcome.log.splitlines()[-1]


def last_of(outcome: Any) -> str:
    """Say what a run reached."""
    return " ".join(reversed(outcome.marks[-1][:2])) if outcome.marks else ""


def test_a_database_that_dies_loses_nothing(
    runs: Any, doomed: PostgresServer, differences: Callable[..., Any]
) -> None:
    found = database_dies(runs, doomed, planned_for_the_database()[:3], differences)

    assert {f["way"] for f in found} == set(WAYS)
    assert [f for f in found if f["differences"]] == []


@pytest.mark.audit
def test_a_database_that_dies_thirty_times_loses_nothing(
    runs: Any,
    doomed: PostgresServer,
    differences: Callable[..., Any],
    keep: Callable[..., None],
) -> None:
    found = database_dies(runs, doomed, planned_for_the_database(), differences, **WHOLE_AREA)

    keep("database", seed=SEED, deaths=found)
    assert len(found) == 30
    assert [f for f in found if f["differences"]] == []


# --- S3 fails every n-th call ---------------------------------------------------------

HOW = ("slow_down", "denied", "reset", "reply_lost")
EVERY = (1, 2, 3, 5, 7)


@dataclass(frozen=True)
class Refusal:
    """How every n-th call of S3 fails; the first of them is ``first`` calls nearer."""

    how: str
    every: int
    first: int
    with_dbt: bool


def planned_for_s3() -> list[Refusal]:
    """Return 40 ways for S3 to fail; two of them last to the export."""
    draw = random.Random(SEED)  # noqa: S311
    cases = [(how, n) for n in EVERY for how in HOW] * 2
    return [
        Refusal(how, n, draw.randrange(n), with_dbt=number in (14, 35))
        for number, (how, n) in enumerate(cases)
    ]


def s3_fails(
    runs: Any, clean: Clean, refusals: list[Refusal], compare: Callable[..., Any]
) -> list[dict[str, Any]]:
    """Let S3 fail under runs, run again without, and compare with a clean run."""
    found = []
    for refusal in refusals:
        expected = clean.state(refusal.with_dbt)
        place = runs.place()
        trouble = {k: v for k, v in asdict(refusal).items() if k != "with_dbt"}
        hit = runs.run(place, RUN, until_loaded=not refusal.with_dbt, s3=trouble)
        assert is_loud(hit), hit.log
        again = runs.run(place, RUN, until_loaded=not refusal.with_dbt)
        assert again.status == 0, again.log
        differing = compare(expected, place.state(with_marts=refusal.with_dbt))
        place.close()
        found.append(
            asdict(refusal)
            | {"exit": hit.status, "last_mark": last_of(hit), "differences": differing}
        )
    return found


def test_an_s3_that_fails_loses_nothing(
    runs: Any, clean: Clean, differences: Callable[..., Any]
) -> None:
    refusals = [r for r in planned_for_s3() if not r.with_dbt and r.every in (2, 3)][:6]

    found = s3_fails(runs, clean, refusals, differences)

    assert Counter(f["exit"] for f in found).keys() == {0, 4}
    assert [f for f in found if f["differences"]] == []


@pytest.mark.audit
def test_an_s3_that_fails_forty_times_loses_nothing(
    runs: Any, clean: Clean, differences: Callable[..., Any], keep: Callable[..., None]
) -> None:
    found = s3_fails(runs, clean, planned_for_s3(), differences)

    keep("s3", seed=SEED, refusals=found)
    assert len(found) == 40
    assert [f for f in found if f["differences"]] == []
