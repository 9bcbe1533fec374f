"""Proofs of docs/transformation/dbt.md.

The good twins are the models of the reference pipeline; the counter-examples are
models of a small project beside this page, over the same tables.
"""

import json
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from guidance.engines import ReplayServer, environment
from guidance.engines.postgres import create_database, drop_database, with_database
from guidance.engines.replay import World
from guidance.evidence import assert_output, load_example, run_shell, twins
from guidance.paths import DOCS, EXAMPLES, ROOT

if TYPE_CHECKING:
    from river_levels.pipeline import Pipeline

HERE = "transformation/dbt"
PAGE = EXAMPLES / HERE
PROJECT = EXAMPLES / "river-levels-etl" / "dbt"
DATABASE = f"test_dbt_{secrets.token_hex(6)}"
MODELS_ONLY = [f"--exclude-resource-type={kind}" for kind in ("test", "unit_test")]

GAUGE = "3390TH"
SERIES = "3390TH-level-stage-i-15_min-mASD"
QUARTERS = 96
NOON = timedelta(hours=12)


def march(day: int) -> datetime:
    """Midnight (UTC) of a day in March 2026."""
    return datetime(2026, 3, day, tzinfo=UTC)


@dataclass(frozen=True)
class Outcome:
    """What a dbt command did: statuses and messages by node."""

    success: bool
    statuses: dict[str, str]
    messages: dict[str, str]
    result: Any
    error: str


class Dbt:
    """dbt in this process; its files go to a temporary place."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def places(self, project: Path) -> list[str]:
        """Return the arguments that every command needs."""
        target = self.target(project)
        inside = project.is_relative_to(EXAMPLES)  # evidence is of what pages show
        where = ["--project-dir", str(project)]
        return [
            *(where if inside else ["=".join(where)]),
            *("--profiles-dir", str(PROJECT)),
            *("--target-path", str(target), "--log-path", str(target)),
            *("--log-level", "none", "--log-level-file", "none"),
        ]

    def manifest(self, project: Path) -> Any:
        """Return a project as dbt understands it."""
        assert self(project, "parse").success
        return json.loads((self.target(project) / "manifest.json").read_text("utf-8"))

    def planted(self, folder: Path, changes: dict[str, tuple[str, str]]) -> Path:
        """Copy the project, plant a fault in each of some files, return the copy."""
        copy = folder / "planted"
        shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("target", "logs"))
        for name, (before, after) in changes.items():
            text = (copy / name).read_text("utf-8")
            assert before in text, f"{name} has changed: plant the fault anew"
            (copy / name).write_text(text.replace(before, after), "utf-8")
        parsed = self.target(PROJECT) / "partial_parse.msgpack"
        if parsed.is_file():  # dbt then reads the changed files only
            self.target(copy).mkdir()
            shutil.copy(parsed, self.target(copy))
        return copy

    def __call__(self, project: Path, *arguments: str) -> Outcome:
        """Run a command."""
        from dbt.cli.main import dbtRunner

        quick = [] if arguments == ("parse",) else ["--no-write-json"]
        done = dbtRunner().invoke([*arguments, *quick, *self.places(project)])
        nodes = getattr(done.result, "results", [])
        return Outcome(
            done.success,
            {n.node.name: str(n.status) for n in nodes},
            {n.node.name: str(n.message) for n in nodes},
            done.result,
            str(done.exception or ""),
        )

    def target(self, project: Path) -> Path:
        """Return the place of a project's files; what is parsed there is kept."""
        return self._scratch / "-".join(project.parts[-3:])


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A new, empty database, always of the same name: dbt then parses once."""
    drop_database(postgres_url, DATABASE)
    create_database(postgres_url, DATABASE)
    url = with_database(postgres_url, DATABASE)
    with environment(DATABASE_URL=url):
        yield url
    drop_database(postgres_url, DATABASE)


@pytest.fixture(scope="module")
def parsed_models() -> None:
    """What dbt has parsed lies with its other files here: there are two projects."""


@pytest.fixture(scope="module")
def dbt(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    """dbt, with the tests' database in libpq's variables."""
    parts = conninfo_to_dict(with_database(postgres_url, DATABASE))
    names = {"host", "port", "user", "password"} & parts.keys()
    variables = {f"PG{name.upper()}": str(parts[name]) for name in names}
    with environment(**variables, PGDATABASE=DATABASE):
        yield Dbt(tmp_path_factory.mktemp("dbt"))


class Tables:
    """The tables of this test's database, and the loads that fill them."""

    def __init__(self, pipeline: "Pipeline", api: ReplayServer) -> None:
        self.api = api
        self._pipeline = pipeline
        api.api.world = World(dirty=False)

    def load(self, start: datetime, end: datetime) -> None:
        """Extract and load a window."""
        from river_levels.windows import Window

        self._pipeline.ingest(Window(start, end), "test")

    def __call__(self, query: str) -> list[tuple[Any, ...]]:
        """Run a query, or a command, which returns nothing."""
        with self._pipeline.engine.begin() as connection:
            done = connection.exec_driver_sql(query)
            return [tuple(row) for row in done] if done.returns_rows else []

    def count(self, table: str, start: datetime, end: datetime) -> int:
        """Return how many readings of the series a table has in a span."""
        return int(
            self(
                f"SELECT count(*) FROM {table} WHERE measure_id = '{SERIES}'"
                f" AND observed_at >= '{start}' AND observed_at < '{end}'"
            )[0][0]
        )

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table or view, with their types."""
        schema, _, name = table.partition(".")
        return {
            column: kind
            for column, kind in self(
                "SELECT column_name, data_type FROM information_schema.columns"
                f" WHERE (table_schema, table_name) = ('{schema}', '{name}')"
            )
        }


@pytest.fixture
def tables(pipeline: "Pipeline", flood_api: ReplayServer) -> Tables:
    """The tables, empty; the source has clean readings."""
    return Tables(pipeline, flood_api)


# --- incremental models ----------------------------------------------------------


@pytest.mark.rule("DBT-4", "DBT-5")
def test_late_corrected_and_backfilled_rows_reach_the_mart(dbt: Dbt, tables: Tables) -> None:
    world, api = tables.api.world, tables.api
    bad = ["event_time_lookback", "appended", "matches_last_week_only"]

    def build() -> None:
        assert dbt(PROJECT, "build", "--select", "+fct_readings", *MODELS_ONLY).success
        assert dbt(PAGE, "build", "--select", *bad).success

    noon = march(28) + NOON
    late = noon, noon + timedelta(hours=1)
    world.hold_back(SERIES, *late, until=march(29) + NOON)
    corrected = march(28)
    world.correct(SERIES, corrected, 1.234, since=march(29) + NOON)
    api.now = march(29)
    tables.load(march(27), march(29))
    build()
    assert tables.count("marts.fct_readings", *late) == 0

    api.now = march(29) + NOON
    tables.load(march(27), march(29))  # brings what was late and what changed
    tables.load(march(5), march(6))  # and an old day, backfilled
    build()

    def has_the_backfill(table: str) -> None:
        assert tables.count(table, march(5), march(6)) == QUARTERS

    def has_the_new_value_alone(table: str) -> None:
        rows = tables(
            f"SELECT value FROM {table} WHERE measure_id = '{SERIES}'"
            f" AND observed_at = '{corrected}' ORDER BY value"
        )
        assert rows == [(1.234,)]

    good = "marts.fct_readings"
    twins(has_the_backfill, good=good, bad=f"dbt.{bad[0]}", harm="0 == 96")
    for name in bad[1:]:
        twins(
            has_the_new_value_alone,
            good=good,
            bad=f"dbt.{name}",
            harm=r"\[\(.+,\), \(1\.234,\)\] == \[\(1\.234,\)\]",
        )
    assert tables.count(good, *late) == 4
    assert tables.count("dbt.event_time_lookback", *late) == 4
    both = "SELECT measure_id, observed_at, value FROM {} ORDER BY 1, 2"
    assert tables(both.format(good)) == tables(both.format("raw.readings"))


def test_the_page_tells_what_the_benchmark_measured() -> None:
    measured = json.loads((ROOT / "benchmarks" / "incremental.json").read_text("utf-8"))
    page = " ".join((DOCS / f"{HERE}.md").read_text("utf-8").split())
    found = {(r["strategy"], r["history_rows"]): r for r in measured["results"]}
    smallest, *_, largest = sorted({rows for _, rows in found})
    increments = ("append", "merge", "delete_insert", "microbatch")

    def growth(strategy: str) -> float:
        read = [found[strategy, rows]["rows_read"] for rows in (smallest, largest)]
        return float(read[1] / read[0])

    for strategy in increments:
        assert growth(strategy) <= 1, "cost follows the new rows"
    for strategy in ("full_rebuild", "merge_no_index"):
        assert growth(strategy) > 0.9 * largest / smallest, "cost follows the history"
    slowest = max(found[strategy, largest]["seconds"] for strategy in increments)
    slower = int(found["full_rebuild", largest]["seconds"] / slowest)
    assert f"The rebuild takes {slower} times as long as the slowest" in page
    assert f"`merge` reads {found['merge', largest]['rows_read']:,}." in page
    assert f"on {measured['date']} at commit `{measured['commit']}`" in page


@pytest.mark.rule("DBT-4")
def test_a_first_run_on_nothing_does_not_stay_empty(dbt: Dbt, tables: Tables) -> None:
    def build() -> None:
        select = "+river_levels_by_day"
        assert dbt(PROJECT, "build", "--select", select, *MODELS_ONLY).success
        assert dbt(PAGE, "build", "--select", "empty_for_ever").success

    unit = "a_day_in_london_is_not_always_24_hours"
    assert dbt(PROJECT, "test", "--select", unit).statuses[unit] == "error", "no inputs"
    build()
    assert tables.count("marts.fct_readings", march(28), march(29)) == 0
    tables.load(march(28), march(29))
    build()

    def has_the_day(table: str) -> None:
        assert tables.count(table, march(28), march(29)) == QUARTERS

    twins(
        has_the_day,
        good="marts.fct_readings",
        bad="dbt.empty_for_ever",
        harm="0 == 96",
    )
    assert tables(
        "SELECT local_date::text, readings FROM marts.river_levels_by_day"
        f" WHERE measure_id = '{SERIES}'"
    ) == [("2026-03-28", QUARTERS)]


@pytest.mark.rule("DBT-4")
def test_a_full_refresh_is_refused_and_not_ignored(dbt: Dbt, tables: Tables) -> None:
    tables.load(march(27), march(29))
    assert dbt(PROJECT, "build", "--select", "+fct_readings", *MODELS_ONLY).success
    for _ in range(2):
        bad = ["history_not_protected", "full_refresh_ignored"]
        assert dbt(PAGE, "build", "--select", *bad).success
    tables("DELETE FROM raw.readings WHERE observed_at < '2026-03-28 00:00+00'")
    good = (PROJECT, "fct_readings")

    def full_refresh(model: tuple[Path, str]) -> Outcome:
        project, name = model
        return dbt(project, "build", "--full-refresh", "--select", name)

    def keeps_the_history(model: tuple[Path, str]) -> None:
        full_refresh(model)
        schema = "marts" if model == good else "dbt"
        kept = tables.count(f"{schema}.{model[1]}", march(27), march(29))
        assert kept == 192

    twins(
        keeps_the_history,
        good=good,
        bad=(PAGE, "history_not_protected"),
        harm="96 == 192",
    )

    tables("UPDATE dbt.full_refresh_ignored SET value = 999")

    def says_so(model: tuple[Path, str]) -> None:
        assert not full_refresh(model).success, "said nothing"

    twins(says_so, good=good, bad=(PAGE, "full_refresh_ignored"), harm="said nothing")
    left = tables("SELECT count(*) FROM dbt.full_refresh_ignored WHERE value = 999")
    assert left[0][0] > QUARTERS, "and it rebuilt nothing of what raw has lost"
    error = full_refresh(good).error
    assert_output(f"examples/{HERE}/refused.out", error.partition("\n  \n")[0])
    others = dbt(PROJECT, "build", "--full-refresh", "--exclude", "fct_readings+")
    assert others.success


@pytest.mark.rule("DBT-4")
def test_a_new_column_reaches_the_table(dbt: Dbt, tables: Tables) -> None:
    tables.load(march(28), march(29))

    def build() -> None:
        assert dbt(PROJECT, "build", "--select", "+fct_readings", *MODELS_ONLY).success
        assert dbt(PAGE, "build", "--select", "new_columns_ignored").success

    build()
    for table in ("marts.fct_readings", "dbt.new_columns_ignored"):
        # As if the model had gained the column since the table was made.
        tables(f"ALTER TABLE {table} DROP COLUMN unit")
    build()

    def has_the_column(table: str) -> None:
        assert "unit" in tables.columns(table)

    good = "marts.fct_readings"
    twins(has_the_column, good=good, bad="dbt.new_columns_ignored", harm="'unit' in")
    units = tables(f"SELECT DISTINCT unit FROM {good} WHERE measure_id = '{SERIES}'")
    assert units == [("mASD",)]


def run_command(dbt: Dbt, name: str) -> str:
    """Run a command of the page as a person would; return what it printed."""
    target = str(dbt.target(PROJECT))
    places = {"DBT_TARGET_PATH": target, "DBT_LOG_PATH": target}
    places["COVERAGE_PROCESS_START"] = ""  # there is no Python of ours to trace
    shown = run_shell(f"examples/{HERE}/{name}", cwd=PROJECT.parent, env=places)
    return shown.stdout


def test_a_longer_lookback_brings_new_logic_to_old_rows(dbt: Dbt, tables: Tables) -> None:
    tables.load(march(28), march(29))
    old = "UPDATE raw.readings SET loaded_at = loaded_at - interval '3 hours'"
    tables(f"{old} WHERE observed_at < '2026-03-28 12:00+00'")
    dbt(PROJECT, "build", "--select", "+fct_readings", *MODELS_ONLY)
    tables("UPDATE reference.plausible_bands SET high = -1 WHERE unit = 'mASD'")
    flagged = (
        "SELECT count(*) FROM marts.fct_readings"
        f" WHERE measure_id = '{SERIES}' AND NOT is_plausible"
    )

    assert dbt(PROJECT, "run", "--select", "fct_readings").success
    assert tables(flagged) == [(QUARTERS // 2,)]
    run_command(dbt, "recompute.sh")
    assert tables(flagged) == [(QUARTERS,)]


@pytest.mark.rule("DBT-5")
def test_a_window_can_be_rebuilt_by_its_name(dbt: Dbt, tables: Tables) -> None:
    tables.load(march(5), march(8))
    window = ("--event-time-start", "2026-03-05", "--event-time-end", "2026-03-07")

    def build() -> None:
        chosen = ("--select", "readings_by_window")
        assert dbt(PAGE, "build", *chosen, *window).success

    build()
    tables("UPDATE raw.readings SET value = 1.234")
    build()

    table = "dbt.readings_by_window"
    assert tables.count(table, march(5), march(7)) == 2 * QUARTERS
    assert tables.count(table, march(7), march(8)) == 0
    assert tables(f"SELECT DISTINCT value FROM {table}") == [(1.234,)]


# --- snapshots -------------------------------------------------------------------


def opened_and_closed(
    lists: list[dict[str, object]],
) -> Iterator[tuple[int, int]]:
    """Say what a history of these lists does at each: an independent oracle."""
    before: dict[str, object] = {}
    for listed in lists:
        changes = listed.items() - before.items(), before.items() - listed.items()
        yield len(changes[0]), len(changes[1])
        before = listed


@pytest.mark.rule("DBT-6", "DBT-8")
def test_a_snapshot_follows_the_list(dbt: Dbt, tables: Tables) -> None:
    api, everything = tables.api, tables.api.world.stations
    gone, moved = everything[0].id, 0.0001
    renamed = [
        replace(s, label="Kingston, New Weir") if s.id == GAUGE else s for s in everything
    ]
    fewer = [s for s in renamed if s.id != gone]
    lists = {
        "first": everything,
        "renamed and gone": fewer,
        "unchanged": fewer,
        "back, and all moved": [replace(s, lat=s.lat + moved) for s in renamed],
    }
    names = ["snapshots.snap_stations", "dbt.never_closed", "dbt.new_row_every_run"]
    history: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
    alarm, warned = "stations_described_anew", []
    before = dict.fromkeys(names, (0, 0))
    for minutes, stations in enumerate(lists.values()):
        api.world.stations = tuple(stations)
        start = march(28) + minutes * timedelta(minutes=15)
        tables.load(start, start + timedelta(minutes=15))
        chosen = "snap_stations" if warned else "+snap_stations"
        done = dbt(PROJECT, "build", "--select", chosen, alarm)
        assert done.success
        warned.append(done.statuses[alarm])
        assert dbt(PAGE, "snapshot").success
        for name in names:
            rows, current = tables(
                f"SELECT count(*), count(*) FILTER (WHERE dbt_valid_to IS NULL) FROM {name}"
            )[0]
            opened = rows - before[name][0]
            closed = opened - (current - before[name][1])
            history[name].append((opened, closed))
            before[name] = rows, current

    near = {name for (name,) in tables("SELECT station_id FROM raw.stations")}
    oracle = list(
        opened_and_closed(
            [{s.id: s for s in stations if s.id in near} for stations in lists.values()]
        )
    )
    assert {gone, GAUGE} <= near
    assert oracle == [(len(near), 0), (1, 2), (0, 0), (len(near), len(near) - 1)]

    def is_true_to_the_lists(name: str) -> None:
        assert history[name] == oracle

    def is_quiet_when_nothing_changed(name: str) -> None:
        assert history[name][2][0] == 0, f"{history[name][2][0]} new rows"

    good, never_closed, every_run = names
    twins(
        is_true_to_the_lists,
        good=good,
        bad=never_closed,
        harm=r"\(1, 1\) != \(1, 2\)",
    )
    twins(is_quiet_when_nothing_changed, good=good, bad=every_run, harm=r"\d\d new rows")
    assert warned == ["pass", "pass", "pass", "warn"], "moved in bulk"
    label = next(s.label for s in everything if s.id == GAUGE)

    def described(station: str) -> list[tuple[Any, ...]]:
        return tables(
            f"SELECT station_name, dbt_valid_to IS NULL FROM {good}"
            f" WHERE station_id = '{station}' ORDER BY dbt_valid_from"
        )

    new = "Kingston, New Weir"
    assert described(GAUGE) == [(label, False), (new, False), (new, True)]
    assert [is_open for _, is_open in described(gone)] == [False, True]


# --- freshness, tests, contracts -------------------------------------------------


@pytest.mark.rule("DBT-7")
def test_old_data_is_an_error(dbt: Dbt, tables: Tables) -> None:
    tables.load(march(28), march(28) + NOON)
    assert dbt(PROJECT, "source", "freshness").success
    for table in ("readings", "stations", "measures"):
        tables(f"UPDATE raw.{table} SET fetched_at = fetched_at - interval '27 hours'")

    def is_an_error(project: Path) -> None:
        done = dbt(project, "source", "freshness")
        said = set(done.statuses.values()) - {"success"}
        assert not done.success, f"27 hours old: only {said}"
        assert said == {"error"}, "for every table"

    twins(is_an_error, good=PROJECT, bad=PAGE, harm=r"27 hours old: only \{'warn'\}")


FUTURE = """
    INSERT INTO raw.readings
    SELECT measure_id, observed_at + interval '5 years', value,
        fetched_at, manifest_id, page_no, loaded_at
    FROM raw.readings WHERE measure_id = '{series}' AND observed_at < '2027-01-01'
    ORDER BY observed_at LIMIT {number}
    ON CONFLICT DO NOTHING
"""


@pytest.mark.rule("DBT-8")
def test_few_bad_rows_warn_and_many_stop(dbt: Dbt, tables: Tables) -> None:
    tables.load(march(28), march(29))
    tables(f"UPDATE raw.readings SET measure_id = 'new' WHERE measure_id = '{SERIES}'")
    tables(FUTURE.format(series="new", number=1))
    chosen = ("build", "--select", "stg_flood_monitoring__measures")

    done = dbt(PROJECT, *chosen, "stg_flood_monitoring__readings")

    assert done.success
    warned = [name for name, status in done.statuses.items() if status == "warn"]
    assert [name.partition("_stg_")[0] for name in sorted(warned)] == [
        "not_after",
        "relationships",
    ]
    kept = {n.node.name: n.node.relation_name for n in done.result.results}
    assert len(tables(f"SELECT * FROM {kept[min(warned)]}")) == 1
    assert tables(f"SELECT DISTINCT * FROM {kept[max(warned)]}") == [("new",)]
    tables(FUTURE.format(series="new", number=30))
    stopped = dbt(PROJECT, *chosen, "stg_flood_monitoring__readings")
    assert not stopped.success
    assert "configured to fail if > 20" in stopped.messages[min(warned)]


@pytest.mark.rule("DBT-9")
def test_readers_keep_what_they_had(dbt: Dbt, tables: Tables) -> None:
    tables.load(march(28), march(29))
    good = load_example(f"{HERE}/build.py")
    arguments = dbt.places(PROJECT)
    good.build(*arguments, *MODELS_ONLY)
    assert dbt(PAGE, "run", "--select", "gauges_rebuilt+").success

    def keeps_the_view(model: tuple[Path, str, str]) -> None:
        project, name, view = model
        assert dbt(project, "run", "--select", name).success
        assert tables.columns(view), f"{view} is gone"

    twins(
        keeps_the_view,
        good=(PROJECT, "dim_stations", "serving.latest_river_levels"),
        bad=(PAGE, "gauges_rebuilt", "dbt.gauges_for_readers"),
        harm="gauges_for_readers is gone",
    )

    tables(FUTURE.format(series=SERIES, number=30))

    def no_reader_sees_the_future(module: Any) -> None:
        try:
            module.build(*arguments)
        except RuntimeError as error:
            assert "not_after_stg_flood_monitoring__readings" in str(error)
        newest = "SELECT max(local_date)::text FROM serving.river_levels_daily"
        assert tables(newest) == [("2026-03-28",)]

    bad = load_example(f"{HERE}/wrong/run_then_test.py")
    twins(no_reader_sees_the_future, good=good, bad=bad, harm="2031-03-28")
    with pytest.raises(good.BuildFailed, match="Could not find selector named nope"):
        good.build(*arguments, "--selector", "nope")


@pytest.mark.rule("DBT-11")
def test_a_contract_stops_a_changed_type(dbt: Dbt, tables: Tables) -> None:
    tables.load(march(28), march(29))
    tables("ALTER TABLE raw.stations ALTER label TYPE text[] USING ARRAY[label]")
    before = dbt(PROJECT, "build", "--select", "+river_levels_by_day", "+dim_stations")
    assert before.statuses["river_levels_by_day"] == "success"

    messages = {}

    def readers_get_text(view: tuple[Path, str]) -> None:
        project, name = view
        done = dbt(project, "build", "--select", name.partition(".")[2])
        messages.update(done.messages)
        kind = tables.columns(name).get("station_name")
        assert kind != "ARRAY", f"station_name is an {kind}"

    twins(
        readers_get_text,
        good=(PROJECT, "serving.river_levels_daily"),
        bad=(PAGE, "dbt.daily_without_contract"),
        harm="station_name is an ARRAY",
    )
    lines = dedent(messages["river_levels_daily"]).splitlines()
    table = [line.strip() for line in lines if line.lstrip().startswith("|")]
    assert_output(f"examples/{HERE}/contract.out", "\n".join(table))


# --- what a model may say --------------------------------------------------------


@pytest.mark.rule("DBT-11", "DBT-13")
def test_readers_get_the_columns_that_were_chosen(
    dbt: Dbt, tables: Tables, tmp_path: Path
) -> None:
    tables.load(march(28), march(29))
    tables("ALTER TABLE raw.stations ADD COLUMN keeper_phone text")
    assert dbt(PROJECT, "build", *MODELS_ONLY).success

    def shows_no_phone(view: tuple[Path, str]) -> None:
        project, name = view
        assert dbt(project, "run", "--select", name.partition(".")[2]).success
        assert "keeper_phone" not in tables.columns(name)

    good = "serving.river_levels_daily"
    twins(
        shows_no_phone,
        good=(PROJECT, good),
        bad=(PAGE, "dbt.every_column"),
        harm="'keeper_phone' not in",
    )

    view = "models/serving/river_levels_daily.sql"
    lost = ("    by_day.readings::integer as readings,\n", "")
    copy = dbt.planted(tmp_path, {view: lost})
    done = dbt(copy, "build", "--select", "river_levels_daily")
    assert done.statuses["river_levels_daily"] == "error"
    assert "missing in definition" in done.messages["river_levels_daily"]
    assert "readings" in tables.columns(good), "the readers keep the view they had"

    readable = tables(
        "SELECT table_schema, count(*) FROM information_schema.tables"
        " WHERE table_schema !~ '^(pg_|information)'"
        " AND has_schema_privilege('river_levels_ro', table_schema, 'USAGE')"
        " AND has_table_privilege('river_levels_ro',"
        "   format('%%I.%%I', table_schema, table_name), 'SELECT')"
        " GROUP BY 1"
    )
    assert readable == [("serving", 2)], "and of all tables, only those"


@pytest.mark.rule("DBT-10", "DBT-13")
def test_a_developer_reads_and_writes_tables_of_their_own(
    dbt: Dbt, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.load(march(28), march(29))
    assert dbt(PROJECT, "build", *MODELS_ONLY).success
    (tmp_path / "manifest.json").write_text(json.dumps(dbt.manifest(PROJECT)), "utf-8")
    monkeypatch.setenv("RIVER_LEVELS_SCHEMA_PREFIX", "dev_ada_")
    ada = Dbt(tmp_path)

    deferred = ("--defer", "--state", str(tmp_path))
    assert ada(PROJECT, "run", "--select", "latest_river_levels", *deferred).success
    hers = "SELECT table_name FROM information_schema.tables WHERE table_schema ~ '^dev_'"
    assert tables(hers) == [("latest_river_levels",)], "the rest is production's"

    assert ada(PROJECT, "build", *MODELS_ONLY).success
    assert dbt(PAGE, "run", "--select", "hard_coded_schema").success
    tables("UPDATE marts.fct_readings SET value = 999")

    def shows_nothing_of_production(view: str) -> None:
        assert tables(f"SELECT max(value) FROM {view}")[0][0] < 999

    twins(
        shows_nothing_of_production,
        good="dev_ada_serving.latest_river_levels",
        bad="dbt.hard_coded_schema",
        harm=r"999\.0 < 999",
    )


def test_ci_builds_what_a_change_touches(dbt: Dbt, tmp_path: Path) -> None:
    state = tmp_path / "production"
    state.mkdir()
    manifest = json.dumps(dbt.manifest(PROJECT))
    (state / "manifest.json").write_text(manifest, "utf-8")
    mart = "models/marts/dim_stations.sql"
    copy = dbt.planted(tmp_path, {mart: ("is_listed\n", "is_listed,\n    status\n")})

    chosen = ("--select", "state:modified+", "--resource-type", "model")
    listed = dbt(copy, "ls", *chosen, "--state", str(state), "--output", "name")

    assert set(listed.result) == {
        "dim_stations",
        "latest_river_levels",
        "river_levels_daily",
    }
    reached = ("--select", "dim_stations+", "--resource-type", "exposure")
    readers = dbt(PROJECT, "ls", *reached, "--output", "name").result
    assert set(readers) == {"river_levels_daily_csv", "river_levels_report"}


@pytest.mark.rule("DBT-15")
def test_days_are_londons_and_a_rerun_of_march_gives_march(
    dbt: Dbt, tables: Tables, tmp_path: Path
) -> None:
    tables.load(march(28), march(29))
    macro = "macros/london_days.sql"
    copy = dbt.planted(tmp_path, {macro: ("Europe/London", "UTC")})
    chosen = ("build", "--select", "+river_levels_by_day")
    unit = "a_day_in_london_is_not_always_24_hours"

    good, bad = dbt(PROJECT, *chosen), dbt(copy, *chosen)

    assert good.statuses[unit] == "pass"
    assert bad.statuses[unit] == "fail"
    assert bad.statuses["river_levels_by_day"] == "skipped"
    assert "expected_readings" in bad.messages[unit]
    assert dbt(PAGE, "run", "--select", "last_seven_days").success

    def has_the_day(table: str) -> None:
        assert tables.count(table, march(28), march(29)) == QUARTERS

    clocked = "dbt.last_seven_days"
    twins(has_the_day, good="marts.fct_readings", bad=clocked, harm="0 == 96")

    (copy / "seeds/codes.csv").write_text("code\n0055\n", "utf-8")  # no types
    assert dbt(copy, "seed", "--select", "codes").success
    assert tables("SELECT code FROM reference.codes") == [(55,)]


def conventions(manifest: Any, rule: str) -> str:
    """Return the faults that the example finds against a rule."""
    faults = load_example(f"{HERE}/conventions.py").faults(manifest)
    return "; ".join(sorted(f for f in faults if f.startswith(f"{rule} ")))


@pytest.fixture(scope="module")
def manifests(dbt: Dbt, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The manifests of the good project, of a spoilt copy, and of this page's."""
    stations = "models/staging/stg_flood_monitoring__stations.sql"
    serving = "models/serving/_serving.yml"
    copy = dbt.planted(
        tmp_path_factory.mktemp("spoilt"),
        {
            stations: ("'stations') }}", "'stations') }}\nwhere is_listed"),
            serving: ("Grain: one row a series", "By series"),
            "seeds/_seeds.yml": ("unit: text, ", ""),
            "models/serving/_exposures.yml": (", ref('latest_river_levels')", ""),
            "models/marts/_marts.yml": ("        data_tests: [unique, not_null]\n", ""),
            "dbt_project.yml": ("      +contract: {enforced: true}\n", ""),
            "models/marts/dim_stations.sql": ("='incremental'", "='table'"),
        },
    )
    projects = {"good": PROJECT, "spoilt": copy, "page": PAGE}
    return {name: dbt.manifest(project) for name, project in projects.items()}


def held(manifests: dict[str, Any], rule: str, bad: str, harm: str) -> None:
    """Assert that the good project has no such fault, and that a bad one has."""

    def has_no_fault(name: str) -> None:
        faults = conventions(manifests[name], rule)
        assert not faults, faults

    twins(has_no_fault, good="good", bad=bad, harm=re.escape(harm))


@pytest.mark.rule("DBT-1", "DBT-3")
def test_layers_are_kept(manifests: dict[str, Any]) -> None:
    held(manifests, "DBT-1", "page", "only staging reads sources (appended)")
    spoilt = "only rename and cast in staging (stg_flood_monitoring__stations)"
    held(manifests, "DBT-3", "spoilt", spoilt)
    renamed = json.loads(json.dumps(manifests["good"]))
    for model in renamed["nodes"].values():
        model["name"] = model["name"].removeprefix("stg_")
    held({"good": manifests["good"], "bad": renamed}, "DBT-1", "bad", "be called stg_")


@pytest.mark.rule("DBT-2", "DBT-5")
def test_models_are_described_and_have_a_key(manifests: dict[str, Any]) -> None:
    held(manifests, "DBT-2", "spoilt", "with its grain, and give it a group (latest")
    held(manifests, "DBT-2", "spoilt", "a key: unique and not_null (dim_stations)")
    held(manifests, "DBT-2", "page", "give it a group (hard_coded_schema)")
    held(manifests, "DBT-5", "page", "name the unique_key (appended)")


@pytest.mark.rule("DBT-9")
def test_readers_views_stand_on_what_stays(manifests: dict[str, Any]) -> None:
    held(manifests, "DBT-9", "spoilt", "on incremental models (latest_river_levels)")


@pytest.mark.rule("DBT-12", "DBT-14")
def test_readers_are_named_and_seeds_typed(manifests: dict[str, Any]) -> None:
    held(manifests, "DBT-12", "spoilt", "exposures (latest_river_levels)")
    held(manifests, "DBT-14", "spoilt", "its type (plausible_bands)")


@pytest.mark.rule("DBT-7", "DBT-11")
def test_sources_have_limits_and_views_contracts(manifests: dict[str, Any]) -> None:
    held(manifests, "DBT-7", "page", "say when it is too old (readings)")
    held(manifests, "DBT-11", "spoilt", "a contract on what others read (river")


@pytest.mark.rule("DBT-13", "DBT-15")
def test_models_name_columns_and_take_no_time(manifests: dict[str, Any]) -> None:
    held(manifests, "DBT-13", "page", "name the columns (every_column)")
    held(manifests, "DBT-13", "page", "for schemas (hard_coded_schema)")
    held(manifests, "DBT-15", "page", "not from the clock (last_seven_days)")


def test_ci_can_call_the_conventions(manifests: dict[str, Any], tmp_path: Path) -> None:
    def run(name: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(manifests[name]), "utf-8")
        command = [sys.executable, str(PAGE / "conventions.py"), str(file)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    good, bad = run("good"), run("page")
    assert (good.returncode, good.stderr) == (0, "")
    assert bad.returncode == 1
    assert "DBT-5 name the unique_key (appended)\n" in bad.stderr


# --- the tools, and what the page says about them --------------------------------


def test_the_commands_that_a_person_types(dbt: Dbt, tables: Tables) -> None:
    tables.load(march(28), march(28) + NOON)

    assert "ERROR=0" in run_command(dbt, "build.sh")
    assert tables.count("marts.fct_readings", march(28), march(29)) == QUARTERS // 2


def test_the_project_is_clean_to_the_linter() -> None:
    shown = run_shell(f"examples/{HERE}/lint.sh", cwd=PROJECT.parent)

    assert "All Finished" in shown.stdout
    assert "FAIL" not in shown.stdout
