"""Proofs of docs/principles/cost.md."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from guidance.engines import EngineError
from guidance.engines.terraform import Plan, Workspace
from guidance.evidence import load_example, prove_plan, run_shell, twins
from guidance.paths import EXAMPLES, ROOT

HERE = "principles/cost"
FOLDER = EXAMPLES / HERE
LONDON = ZoneInfo("Europe/London")
VARIABLES = {
    "environment": "development",
    "owner": "data-team",
    "cost_centre": "0000",
    "team_email": "data-team@example.org",
    "monthly_limit_usd": 100,
    "account_id": "123456789012",
}
GOOD, BAD = "tagged", "wrong/untagged"


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    """Both configurations, planned."""
    found = {}
    for name, variables in ((GOOD, VARIABLES), (BAD, {})):
        place = tmp_path_factory.mktemp("terraform") / "copy"
        try:
            workspace = Workspace(FOLDER / name, place)
            workspace.init()
        except EngineError as error:
            pytest.skip(str(error))
        found[name] = workspace.plan(variables)
    return found


# --- COST-1, COST-4: the plan ------------------------------------------


@pytest.mark.rule("COST-1")
def test_every_resource_says_who_pays(plans: dict[str, Plan]) -> None:
    untagged = load_example(f"{HERE}/tags.py").untagged

    def is_tagged(name: str) -> None:
        prove_plan(plans[name], f"examples/{HERE}/{name}")
        found = untagged(plans[name].document)
        assert found == [], "; ".join(found)

    assert len(load_example(f"{HERE}/tags.py").planned(plans[GOOD].document)) == 8
    twins(
        is_tagged,
        good=GOOD,
        bad=BAD,
        # A tag called "service" is another tag, and an empty one is none.
        harm=r"aws_s3_bucket\.raw: no Service, Environment, Owner, CostCentre",
    )


def test_the_check_runs_on_a_plan(plans: dict[str, Plan], tmp_path: Path) -> None:
    shutil.copy(FOLDER / "tags.py", tmp_path)
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(plans[GOOD].document), "utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    shown = run_shell(f"examples/{HERE}/tags.sh", cwd=tmp_path, env={"PATH": path})

    assert shown.stdout == "every resource is tagged\n"
    plan.write_text(json.dumps(plans[BAD].document), "utf-8")
    done = subprocess.run(
        [sys.executable, FOLDER / "tags.py", plan],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 4


@pytest.mark.rule("COST-4")
def test_a_plan_leaks_nothing(plans: dict[str, Plan]) -> None:
    leaks = load_example(f"{HERE}/leaks.py").leaks

    def is_tight(name: str) -> None:
        prove_plan(plans[name], f"examples/{HERE}/{name}")
        found = leaks(plans[name].document)
        assert found == [], "; ".join(found)

    assert len(leaks(plans[BAD].document)) == 4
    twins(is_tight, good=GOOD, bad=BAD, harm="keeps its logs for ever.*keeps parts of broken")


# --- COST-2: budgets ------------------------------------------


@pytest.mark.rule("COST-2")
def test_the_budget_rings_four_times(plans: dict[str, Plan]) -> None:
    prove_plan(plans[GOOD], f"examples/{HERE}/{GOOD}")
    budget = plans[GOOD].resources["aws_budgets_budget.pipeline"]
    rings = {(n["notification_type"], n["threshold"]) for n in budget["notification"]}

    assert rings == {("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)}
    assert budget["cost_filter"][0]["values"] == ["user:Service$river-levels-etl"]
    assert "aws_ce_anomaly_subscription.team" in plans[GOOD].resources


@pytest.mark.rule("COST-2")
def test_a_spend_that_creeps_is_noticed() -> None:
    spend = [100 * 1.08**month for month in range(12)]

    def rings(module: Any) -> None:
        found = module.alarms(spend, 120)
        grown = spend[-1] / spend[0]
        assert found, f"the last month costs {grown:.1f} times the first: no alarm"

    good = load_example(f"{HERE}/budget.py")
    assert good.alarms(spend, 120)[0] == 3
    twins(
        rings,
        good=good,
        bad=load_example(f"{HERE}/wrong/budget_that_follows.py"),
        harm=r"costs 2\.3 times the first: no alarm",
    )


# --- COST-5: off at night ------------------------------------------


@pytest.mark.rule("COST-5")
def test_it_is_on_when_somebody_comes_to_work() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    arrivals = [
        datetime(day.year, day.month, day.day, 7, 30, tzinfo=LONDON)
        for day in days
        if day.isoweekday() <= 5
    ]

    def is_on_in_the_morning(module: Any) -> None:
        late = [moment.date() for moment in arrivals if not module.is_on(moment)]
        assert late == [], f"off at 07:30 on {len(late)} days, {late[0]} to {late[-1]}"

    good = load_example(f"{HERE}/hours.py")
    assert not any(good.is_on(moment - timedelta(hours=1)) for moment in arrivals)
    twins(
        is_on_in_the_morning,
        good=good,
        bad=load_example(f"{HERE}/wrong/hours_in_utc.py"),
        harm="off at 07:30 on 150 days, 2026-03-30 to 2026-10-23",
    )


@pytest.mark.rule("COST-5")
def test_the_schedule_turns_it_on_and_off_over_both_clock_changes(
    plans: dict[str, Plan],
) -> None:
    good = load_example(f"{HERE}/hours.py")
    prove_plan(plans[GOOD], f"examples/{HERE}/{GOOD}")
    found = {
        key: plans[GOOD].resources[f'aws_scheduler_schedule.database["{key}"]']
        for key in ("start", "stop")
    }

    assert {each["schedule_expression_timezone"] for each in found.values()} == {
        "Europe/London"
    }
    hours = {key: each["schedule_expression"].split()[1] for key, each in found.items()}
    assert hours == {"start": str(good.ON), "stop": str(good.OFF)}
    assert round(good.percent_saved(datetime(2026, 3, 2, tzinfo=UTC), 28), 1) == 64.3
    for monday, hour in (((2026, 3, 30), 6), ((2026, 10, 26), 7)):
        turned_on = datetime(*monday, hour, tzinfo=UTC)
        assert good.is_on(turned_on)
        assert not good.is_on(turned_on - timedelta(minutes=1))
        assert not good.is_on(turned_on + timedelta(hours=12))


# --- COST-7: bytes ------------------------------------------


def benchmark() -> Any:
    """Return the module that measures for the page."""
    path = ROOT / "benchmarks/bytes_scanned.py"
    spec = importlib.util.spec_from_file_location("bytes_scanned", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.rule("COST-7")
def test_one_day_reads_one_day(tmp_path: Path) -> None:
    scanned = load_example(f"{HERE}/scanned.py")
    day = date(2026, 1, 20)
    scanned.write(benchmark().readings(30), tmp_path)
    found = {
        kept: scanned.mean_of_day(tmp_path, kept, day)
        for kept in ("csv", "parquet", "partitioned")
    }
    csv, parquet, partitioned = (count for _, count in found.values())

    assert len({round(mean, 9) for mean, _ in found.values()}) == 1
    assert csv >= (tmp_path / "levels.csv").stat().st_size
    assert partitioned * 20 <= csv
    assert parquet * 10 <= csv
    # DuckDB comes to the same, and opens one file of thirty.
    query = (
        f"FROM read_parquet('{tmp_path.as_posix()}/day=*/*.parquet', hive_partitioning = true)"
        f" SELECT avg(value) WHERE day = DATE '{day}'"
    )
    with duckdb.connect() as connection:
        answer = connection.execute(query).fetchone()
        plan = str(connection.execute(f"EXPLAIN ANALYZE {query}").fetchall())
    assert answer is not None and answer[0] == pytest.approx(found["csv"][0])
    assert "1/30" in plan

    def reads_little(mean_of_day: Any) -> None:
        mean, count = mean_of_day(tmp_path, day)
        assert mean == pytest.approx(found["csv"][0])
        assert count < 20_000, f"reads {count // partitioned} times as much"

    twins(
        reads_little,
        good=lambda folder, when: scanned.mean_of_day(folder, "partitioned", when),
        bad=load_example(f"{HERE}/wrong/filters_afterwards.py").mean_of_day,
        harm=r"reads \d\d times as much",
    )


def test_the_plot_is_drawn_by_the_benchmark(tmp_path: Path) -> None:
    page = (ROOT / "docs/principles/cost.md").read_text("utf-8")
    shown = ROOT / "docs/assets/plots/bytes-scanned.svg"
    numbers = [("csv", 30_407_753), ("parquet", 1_105_895), ("partitioned", 13_553)]

    benchmark().draw(tmp_path / "plot.svg", numbers)

    # matplotlib draws letters as paths, and says in a comment which they are.
    labels = [
        re.findall(r"<!-- (.*?) -->", path.read_text("utf-8"))
        for path in (shown, tmp_path / "plot.svg")
    ]
    assert labels[0] == labels[1]
    assert {f"{number:,} bytes" for _, number in numbers} <= set(labels[0])
    for _, number in numbers:
        assert f"{number:,}" in page


# --- COST-9: storage classes ------------------------------------------


@pytest.mark.rule("COST-9")
def test_small_and_short_lived_objects_are_billed_many_times() -> None:
    times_billed = load_example(f"{HERE}/classes.py").times_billed

    assert times_billed(128, 30) == times_billed(5_000, 400) == 1
    assert times_billed(4, 30) == 32
    assert times_billed(4, 10) == 96
    assert times_billed(1_000, 10) == 3
