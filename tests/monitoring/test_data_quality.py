"""Proofs of docs/monitoring/data-quality.md.

The days come from the replay's world, with its fixed seed. Fifteen corruptions are
planted in a clean day; each has to be found by its own check and by no other.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import polars as pl
import psycopg
import pytest

from guidance.engines.postgres import create_database, drop_database, with_database
from guidance.engines.replay import World
from guidance.evidence import assert_output, load_example, twins
from guidance.paths import EXAMPLES

HERE = "monitoring/data-quality"
DAY = timedelta(days=1)
SETTLED = timedelta(hours=12)
"""By then the gauges that call in twice a day have sent the day before."""

MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
CLEAN_DAYS = [MONDAY + n * DAY for n in (0, 2, 4, 6)]  # on the last the clocks go forward
SILENT = "4159TH-level-stage-i-15_min-mASD"  # known: it has been for weeks
LEVEL = "3390TH-level-stage-i-15_min-mASD"


def pair(good: str, wrong: str) -> dict[str, ModuleType]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


def text_of(name: str) -> str:
    """Return the SQL of an example."""
    return (EXAMPLES / HERE / name).read_text("utf-8")


def rows_of(world: World, day: datetime) -> list[tuple[str, datetime, float]]:
    """Return the usable readings of a day, as the source shows them at noon after it."""
    return [
        (seen.measure_id, seen.observed_at, seen.value)
        for measure_id in world.measures
        for seen in world.observations(measure_id, day, day + DAY, day + DAY + SETTLED)
        if isinstance(seen.value, float)
    ]


_COUNTS: dict[datetime, int] = {}


def counts_before(day: datetime, weeks: int = 6) -> list[int]:
    """Return the rows of the same weekday in earlier weeks, with everyday dirt."""
    days = [day - 7 * n * DAY for n in range(1, weeks + 1)]
    for earlier in days:
        if earlier not in _COUNTS:
            _COUNTS[earlier] = len(rows_of(World(), earlier))
    return [_COUNTS[earlier] for earlier in days]


def batch_of(quality: Any, day: datetime, *, dirty: bool = False) -> Any:
    """Return a day of the replay's world as a batch."""
    world = World(dirty=dirty)
    rows = rows_of(world, day)
    schema = {
        "measure_id": pl.String,
        "observed_at": pl.Datetime("us", "UTC"),
        "value": pl.Float64,
    }
    readings = pl.DataFrame(rows, schema=schema, orient="row")
    measures = pl.DataFrame(
        [
            (m.id, m.station, m.parameter, m.unit)
            for m in world.measures.values()
            if m.id != SILENT
        ],
        schema=["measure_id", "station_id", "parameter", "unit"],
        orient="row",
    )
    stations = pl.DataFrame(
        [(s.id, s.lat, s.long) for s in world.stations],
        schema=["station_id", "latitude", "longitude"],
        orient="row",
    )
    local = pl.col("observed_at").dt.convert_time_zone("Europe/London").dt.date()
    return quality.Batch(
        until=day + DAY,
        items=[{"measure": m, "dateTime": t.isoformat(), "value": v} for m, t, v in rows],
        read=len(rows),
        kept=len(rows),
        quarantined=0,
        readings=readings,
        measures=measures,
        stations=stations,
        stations_before=stations,
        counts=counts_before(day),
        mart=readings.select("measure_id", local_date=local).unique(),
    )


def found(quality: Any, batch: Any) -> dict[str, list[str]]:
    """Return what the checks of all gates find, by check."""
    results = [
        r for gate in quality.Gate for r in quality.run_gate(quality.CHECKS, gate, batch)
    ]
    assert len(results) == 15
    return {r.check.name: r.found for r in results if r.found}


# --- DQ-1, DQ-10: the matrix ----------------------------------------------------------


@pytest.mark.rule("DQ-10", "DQ-1")
def test_each_corruption_is_found_by_its_own_check_alone() -> None:
    quality = load_example(f"{HERE}/checks.py")
    corruptions = load_example(f"{HERE}/corruptions.py").CORRUPTIONS
    names = [check.name for check in quality.CHECKS]
    clean = [batch_of(quality, day) for day in CLEAN_DAYS]
    head = "What was planted" + " " * 15 + "".join(f"{n:>3}" for n in range(1, 16))
    lines = [head]
    for name, corrupt in corruptions.items():
        hits = found(quality, corrupt(clean[0]))
        marks = "".join("  ●" if check in hits else "  ·" for check in names)
        lines.append(f"{corrupt.__name__.replace('_', ' '):<31}{marks}")
        assert list(hits) == [name], f"{corrupt.__name__}: {hits}"
    for day, batch in zip(CLEAN_DAYS, clean, strict=True):
        hits = found(quality, batch)
        marks = "".join("  ●" if check in hits else "  ·" for check in names)
        lines.append(f"{f'nothing, on {day:%a %d %B}':<31}{marks}")
        assert hits == {}, f"false alarm on a clean day: {hits}"
    lines.append("")
    for number, check in enumerate(quality.CHECKS, start=1):
        lines.append(
            f"{number:>2} {check.name:<15}{check.gate:<17}{check.severity:<8}{check.action}"
        )

    assert list(corruptions) == names
    assert_output(f"examples/{HERE}/matrix.out", "\n".join(lines))


@pytest.mark.rule("DQ-1")
def test_a_blocked_gate_stops_the_steps_behind_it() -> None:
    quality = load_example(f"{HERE}/checks.py")
    corruptions = load_example(f"{HERE}/corruptions.py")
    clean = batch_of(quality, MONDAY)

    def stops(module: Any) -> None:
        steps: list[str] = []
        bad = corruptions.field_is_renamed(clean)
        batches = {
            gate: lambda gate=gate: [steps.append(gate.value), bad][1] for gate in quality.Gate
        }
        kept: list[Any] = []
        blocking = module.first_block(batches, kept.extend)
        assert steps == ["source contract"], f"a renamed field went on to {steps[-1]!r}"
        assert blocking == ["fields"]
        assert len(kept) == 3, "the results are kept, passed or not"

    twins(
        stops, **pair("checks", "checks_at_the_end"), harm="field went on to 'before publish'"
    )
    free = {gate: lambda: clean for gate in quality.Gate}
    assert quality.first_block(free, lambda _: None) == []


@pytest.mark.rule("DQ-10")
def test_a_check_is_seen_to_fire() -> None:
    quality = load_example(f"{HERE}/checks.py")
    planted = load_example(f"{HERE}/corruptions.py").sensor_says_no_data(
        batch_of(quality, MONDAY)
    )

    def fires(module: Any) -> None:
        hits = module.band(planted)
        assert len(hits) == 1, f"a level of -32.768 m is there, and {len(hits)} were noticed"

    twins(
        fires,
        good=quality,
        bad=load_example(f"{HERE}/wrong/never_fires.py"),
        harm="-32.768 m is there, and 0 were noticed",
    )


@pytest.mark.rule("DQ-7")
def test_everyday_dirt_blocks_nothing() -> None:
    quality = load_example(f"{HERE}/checks.py")
    severities = {check.name: check.severity for check in quality.CHECKS}
    week = [found(quality, batch_of(quality, MONDAY + n * DAY, dirty=True)) for n in range(7)]
    seen = {name for hits in week for name in hits}

    assert {"band", "jump"} <= seen, "the week has sentinels and spikes"
    assert {name for name in seen if severities[name] == "block"} == set()


# --- DQ-2: severity, owner, action ----------------------------------------------------


@pytest.mark.rule("DQ-2")
def test_a_check_without_an_action_is_refused() -> None:
    def is_refused(module: Any) -> None:
        refused = False
        try:
            module.Check("jump", "after load", "warn", "data owner", " ", lambda _: [])
        except ValueError as error:
            refused = "jump: say who does what" in str(error)
        assert refused, "an alert that nobody has to act on is taken"

    twins(is_refused, **pair("checks", "nobodys_alert"), harm="nobody has to act on is taken")


@pytest.mark.rule("DQ-2")
def test_only_what_harms_readers_blocks() -> None:
    quality = load_example(f"{HERE}/checks.py")
    corruptions = load_example(f"{HERE}/corruptions.py")
    batch = batch_of(quality, MONDAY)

    def blocking(bad: Any) -> list[str]:
        results = quality.run_gate(quality.CHECKS, quality.Gate.PUBLISH, bad)
        return [result.check.name for result in results if result.blocks]

    assert blocking(corruptions.join_fans_out(batch)) == ["fan_out"]
    assert blocking(corruptions.gauges_move(batch)) == [], "a bulk re-geocode warns"


# --- DQ-3: volume ---------------------------------------------------------------------


@pytest.mark.rule("DQ-3")
def test_an_outlier_in_the_history_blinds_nobody() -> None:
    counts = [2390, 2401, 2396, 2388, 24_010, 2399]  # once, a retry loaded ten times

    def sees_half_a_day(module: Any) -> None:
        low, _ = module.usual(counts)
        assert low > 1200, f"half a day of 1,200 rows passes: usual begins at {low:.0f}"
        assert low < 2380, "an ordinary day fails"

    twins(sees_half_a_day, **pair("checks", "mean_and_sd"), harm=r"1,200 rows passes.*at -\d+")


@pytest.mark.rule("DQ-3")
def test_the_first_run_has_no_history_and_still_a_minimum() -> None:
    def judges(module: Any) -> None:
        try:
            low, high = module.usual([])
        except Exception as error:
            raise AssertionError(f"the first run ends with {type(error).__name__}") from error
        assert low > 0 and high > 1_000_000, "an empty first day passes, or a large one fails"

    twins(
        judges, **pair("checks", "needs_a_history"), harm="first run ends with StatisticsErr"
    )


def test_each_weekday_has_its_own_history() -> None:
    quality = load_example(f"{HERE}/checks.py")
    sundays, mondays = [11, 9, 12, 10, 8], [118, 131, 122, 127, 120]
    quality.MIN_ROWS = 1

    low, high = quality.usual(sundays)
    assert low <= 12 <= high, "a Sunday like all Sundays"
    assert load_example(f"{HERE}/wrong/needs_a_history.py").usual(sundays) == (9.0, 11.0)
    low, high = quality.usual(mondays)
    assert not low <= 12 <= high, "a Monday that looks like a Sunday"


# --- DQ-4: freshness ------------------------------------------------------------------


@pytest.mark.rule("DQ-4")
def test_old_data_that_arrives_now_is_old() -> None:
    quality = load_example(f"{HERE}/checks.py")
    batch = batch_of(quality, MONDAY)
    stale = load_example(f"{HERE}/corruptions.py").source_repeats_yesterday(batch)
    just_now = stale.readings.with_columns(fetched_at=pl.lit(stale.until))
    stale = replace(stale, readings=just_now)

    def is_seen(module: Any) -> None:
        said = module.freshness(stale)
        age = stale.until - stale.readings["observed_at"].max()
        assert said, f"green, while the newest level is {age} old"

    twins(
        is_seen,
        good=quality,
        bad=load_example(f"{HERE}/wrong/when_it_was_fetched.py"),
        harm="green, while the newest level is 1 day, 0:15:00 old",
    )
    assert module_says_nothing_of(quality, batch)


def module_says_nothing_of(quality: Any, batch: Any) -> bool:
    """Whether a fresh batch is fresh, and an empty one is not."""
    empty = replace(batch, readings=batch.readings.head(0))
    return quality.freshness(batch) == [] and quality.freshness(empty) == ["no reading at all"]


def test_a_clock_that_asks_when_it_was_fetched_can_say_old() -> None:
    quality = load_example(f"{HERE}/checks.py")
    batch = batch_of(quality, MONDAY)
    early = batch.readings.with_columns(fetched_at=pl.lit(batch.until - DAY))
    said = load_example(f"{HERE}/wrong/when_it_was_fetched.py").freshness(
        replace(batch, readings=early)
    )

    assert said == ["newest row is 1 day, 0:00:00 old"]


# --- DQ-5: orphans --------------------------------------------------------------------


@pytest.mark.rule("DQ-5")
def test_a_join_loses_no_orphan() -> None:
    quality = load_example(f"{HERE}/checks.py")
    batch = load_example(f"{HERE}/corruptions.py").gauge_is_not_listed(
        batch_of(quality, MONDAY)
    )

    def loses_nothing(module: Any) -> None:
        joined = module.described(batch.readings, batch.measures)
        lost = batch.readings.height - joined.height
        assert lost == 0, f"{lost} readings of the Hogsmill are gone"

    twins(loses_nothing, **pair("orphans", "inner_join"), harm="96 readings of the Hogsmill")
    assert quality.orphans(batch) == [f"{LEVEL}: 96 rows"]


# --- DQ-6: quarantine -----------------------------------------------------------------


@pytest.mark.rule("DQ-6")
def test_kept_and_quarantined_are_what_was_read() -> None:
    items = [0.436, [0.436, 0.448], "0.436|0.443", 1, None, True, "n/a"]

    def adds_up(module: Any) -> None:
        kept, reasons = module.split(items)
        bad = sum(reasons.values())
        assert len(items) == len(kept) + bad, (
            f"read {len(items)}, kept {len(kept)} + quarantined {bad}"
        )

    twins(adds_up, **pair("quarantine", "drops_bad_rows"), harm=r"read 7, kept 3 \+ quar.* 0")
    kept, reasons = load_example(f"{HERE}/quarantine.py").split(items)
    assert kept == [0.436, 1.0]
    assert reasons == {"several values": 1, "values joined by |": 1, "no number": 3}


# --- DQ-7: domain ---------------------------------------------------------------------


@pytest.mark.rule("DQ-7")
def test_a_level_may_move_during_a_gap() -> None:
    quality = load_example(f"{HERE}/checks.py")
    batch = batch_of(quality, MONDAY)
    at = pl.col("observed_at")
    hour = timedelta(hours=1)
    gauge = batch.readings.filter(pl.col("measure_id") == LEVEL)
    storm = gauge.filter((at < MONDAY + 6 * hour) | (at >= MONDAY + 11 * hour)).with_columns(
        value=pl.when(at < MONDAY + 6 * hour).then(pl.lit(0.44)).otherwise(pl.lit(1.02))
    )
    batch = replace(batch, readings=storm)

    def is_calm(module: Any) -> None:
        assert module.jump(batch) == [], f"false alarm: {module.jump(batch)}"

    twins(
        is_calm,
        good=quality,
        bad=load_example(f"{HERE}/wrong/across_the_gap.py"),
        harm="false alarm: .*3390TH.*2026-03-23 11:00",
    )


# --- DQ-8, DQ-9: on PostgreSQL --------------------------------------------------------


@pytest.fixture(scope="module")
def connection(postgres_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with the schemas of the page."""
    name = f"test_dq_{uuid.uuid4().hex[:8]}"
    create_database(postgres_url, name)
    with psycopg.connect(with_database(postgres_url, name), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA ops; CREATE SCHEMA marts; CREATE SCHEMA serving")
        yield connection
    drop_database(postgres_url, name)


@pytest.mark.rule("DQ-8")
def test_a_check_that_passed_is_stored_too(connection: psycopg.Connection[Any]) -> None:
    quality = load_example(f"{HERE}/checks.py")
    corrupt = load_example(f"{HERE}/corruptions.py").sensor_is_stuck
    batch = batch_of(quality, MONDAY)
    checks = [c for c in quality.CHECKS if c.name in ("band", "flat_line", "volume")]
    ran = [check for check in checks if check.name != "volume"]  # somebody switched it off
    loaded = quality.Gate.LOADED

    def tells_passed_from_missing(module: Any) -> None:
        connection.execute("DROP TABLE IF EXISTS ops.check_results")
        connection.execute(text_of("results.sql"))
        for day in (batch, corrupt(batch), corrupt(batch)):
            run_id = uuid.uuid4()
            results = quality.run_gate(ran, loaded, day)
            module.record(connection, run_id, "levels", day.until, results)
            if module.__name__.endswith("recording"):  # once more: no second row
                module.record(connection, run_id, "levels", day.until, results)
        rows = connection.execute(text_of("score.sql")).fetchall()
        scores = {name: (runs, passed, int(score)) for name, runs, passed, score, _ in rows}
        assert scores.get("band") != scores.get("volume"), (
            f"band passed three times, volume never ran: both are {scores.get('band')}"
        )
        assert scores == {"band": (3, 3, 100), "flat_line": (3, 1, 33)}

    twins(
        tells_passed_from_missing,
        **pair("recording", "keeps_failures_only"),
        harm="band passed three times, volume never ran: both are None",
    )


@pytest.mark.rule("DQ-9")
def test_what_is_blocked_leaves_the_last_good_data(
    connection: psycopg.Connection[Any],
) -> None:
    def keeps_the_last_good(module: Any) -> None:
        for name in ("serving.levels", "marts.levels", "ops.published"):
            kind = "VIEW" if name.startswith("serving") else "TABLE"
            connection.execute(f"DROP {kind} IF EXISTS {name}")
        connection.execute(text_of("publishing.sql"))
        load_example(f"{HERE}/publishing.py").publish(connection, 0, MONDAY, [])
        shown = "SELECT highest, as_of, is_held_back FROM serving.levels"
        for version, highest, blocked_by in ((1, 0.51, []), (2, 1.67, ["units"])):
            connection.execute(
                "INSERT INTO marts.levels VALUES (%s, %s, %s)", (version, LEVEL, highest)
            )
            as_of = MONDAY + version * DAY
            assert module.publish(connection, version, as_of, blocked_by) is (not blocked_by)
        [(highest, as_of, held)] = connection.execute(shown).fetchall()
        assert highest == 0.51, f"readers see {highest} m"
        assert (as_of, held) == (MONDAY + DAY, True)

    twins(
        keeps_the_last_good,
        **pair("publishing", "overwrites_then_checks"),
        harm=r"readers see 1.67 m",
    )


def test_readers_get_the_next_good_version(connection: psycopg.Connection[Any]) -> None:
    publish = load_example(f"{HERE}/publishing.py").publish
    for name in (
        "VIEW IF EXISTS serving.levels",
        "TABLE IF EXISTS marts.levels, ops.published",
    ):
        connection.execute(f"DROP {name}")
    connection.execute(text_of("publishing.sql"))
    rows: Sequence[tuple[int, float]] = ((1, 0.5), (2, 1.64), (3, 0.6))
    for version, highest in rows:
        connection.execute(
            "INSERT INTO marts.levels VALUES (%s, %s, %s)", (version, "m", highest)
        )
        publish(connection, version, MONDAY + version * DAY, ["units"] if highest > 1 else [])

    seen = connection.execute(
        "SELECT highest, as_of, is_held_back FROM serving.levels"
    ).fetchall()
    assert seen == [(0.6, MONDAY + 3 * DAY, False)]
