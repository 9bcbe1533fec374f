"""Proofs of docs/principles/server-or-serverless.md."""

import datetime as dt
import os
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from guidance.engines import environment
from guidance.evidence import assert_output, load_example, run_shell, twins, validate_schema
from guidance.paths import EXAMPLES

if TYPE_CHECKING:
    from river_levels.pipeline import Pipeline

HERE = "principles/server-or-serverless"
FOLDER = EXAMPLES / HERE
CHECKED = date(2026, 11, 27)


def costs() -> Any:
    """Return the calculator."""
    return load_example(f"{HERE}/costs.py")


def prices() -> Any:
    """Return the table of prices, which a schema has seen."""
    validate_schema(f"examples/{HERE}/prices.yml", f"examples/{HERE}/prices.schema.json")
    return costs().read(FOLDER / "prices.yml")


def job(**changes: Any) -> Any:
    """Return the reference pipeline's load: hourly, two minutes, 1 GB."""
    what: dict[str, Any] = {"runs": 730, "seconds": 120, "memory_gb": Decimal(1)}
    return costs().Job(**what | changes)


# --- SVL-2: the calculator ------------------------------------------------------------------


@pytest.mark.rule("SVL-2")
def test_known_cases() -> None:
    module, table = costs(), prices()

    def monthly(option: str, **changes: Any) -> float:
        return round(float(module.total(job(**changes), option, table)), 2)

    assert monthly("lambda") == 1.46
    assert monthly("lambda", memory_gb=Decimal(2)) == 2.92
    assert monthly("ec2") == monthly("ec2", runs=1) == 36.31
    assert monthly("fargate") == 0.69
    # Fargate bills a minute at least.
    assert monthly("fargate", seconds=1) == monthly("fargate", seconds=60)
    assert monthly("lambda", way_out="nat") == 41.61
    assert monthly("lambda", way_out="nat", zones=2, gb=Decimal(100)) == 86.76
    assert monthly("lambda", way_out="endpoints", endpoints=3) == 25.55


@pytest.mark.rule("SVL-2")
def test_the_break_even_is_where_the_costs_meet() -> None:
    module, table = costs(), prices()
    for seconds in (1, 10, 120, 600):
        for memory in ("0.5", "1", "2", "4"):
            this = job(seconds=seconds, memory_gb=Decimal(memory))
            runs = module.break_even(this, table)
            at = [
                module.compute(job(runs=n, seconds=seconds, memory_gb=Decimal(memory)), *rest)
                for n in (runs - 1, runs)
                for rest in (("lambda", table),)
            ]
            assert at[0] < module.compute(this, "ec2", table) <= at[1]
    # The more a run costs, the earlier a machine of one's own pays.
    longer = [module.break_even(job(seconds=s), table) for s in (1, 10, 60, 120, 600, 900)]
    larger = [module.break_even(job(memory_gb=Decimal(m)), table) for m in (1, 2, 4, 8)]
    assert longer == sorted(longer, reverse=True) and len(set(longer)) == 6
    assert larger == sorted(larger, reverse=True) and len(set(larger)) == 4
    # At 2 GB, that is when the job is busy for about 40 % of the month.
    busy = larger[1] * 120 / (730 * 3600)
    assert 0.40 < busy < 0.43


@pytest.mark.rule("SVL-2")
def test_the_way_out_belongs_to_the_bill() -> None:
    module, table = costs(), prices()

    def says_what_it_costs(monthly: Any) -> None:
        said = round(float(monthly(730, 120, Decimal(1))), 2)
        assert said == 41.61, f"says ${said}, and the bill says $41.61"

    def whole(runs: int, seconds: int, memory_gb: Decimal) -> Decimal:
        this = job(runs=runs, seconds=seconds, memory_gb=memory_gb, way_out="nat")
        return Decimal(module.total(this, "lambda", table))

    twins(
        says_what_it_costs,
        good=whole,
        bad=load_example(f"{HERE}/wrong/compute_only.py").monthly_cost,
        harm=r"says \$1\.46, and the bill says \$41\.61",
    )


@pytest.mark.rule("SVL-2")
def test_an_idle_hour_costs_too() -> None:
    module, table = costs(), prices()

    def finds_the_cheaper(cheaper: Any) -> None:
        said = cheaper(730, 120, Decimal(1))
        assert said == "lambda", f"says {said}, for a job that is busy 3 % of the month"

    def by_the_month(runs: int, seconds: int, memory_gb: Decimal) -> str:
        this = job(runs=runs, seconds=seconds, memory_gb=memory_gb)
        return min(("lambda", "ec2"), key=lambda option: module.total(this, option, table))

    by_the_hour = load_example(f"{HERE}/wrong/price_of_an_hour.py").cheaper
    assert by_the_hour(730, 120, Decimal("0.5")) == "lambda"
    twins(
        finds_the_cheaper,
        good=by_the_month,
        bad=by_the_hour,
        harm="says ec2, for a job that is busy 3 %",
    )


def test_an_old_table_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, table = costs(), prices()

    assert table.checked_on == CHECKED
    assert table.warning(CHECKED + timedelta(days=180)) is None
    assert table.warning(CHECKED + timedelta(days=181)) == (
        "prices are 181 days old: check them before you decide"
    )

    class Later(dt.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Later":
            return cls(2028, 1, 1, tzinfo=tz)

    monkeypatch.setattr(module, "datetime", Later)
    module.main(["--runs", "1", "--seconds", "1", "--memory-gb", "1"])
    assert "prices are 400 days old" in capsys.readouterr().err


def test_the_command_prints_what_the_page_shows() -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    shown = run_shell(f"examples/{HERE}/costs.sh", cwd=FOLDER, env={"PATH": path})

    assert_output(f"examples/{HERE}/costs.out", shown.stdout)
    table, each = prices(), job(way_out="nat")
    for option, line in zip(costs().OPTIONS, shown.stdout.splitlines(), strict=False):
        assert line.endswith(f"${costs().total(each, option, table):.2f}")


# --- SVL-1: one package, many entry points ---------------------------------------------------

NIGHT = datetime(2026, 3, 27, 3, tzinfo=UTC)
EVENT = {"scheduled_time": "2026-03-27T03:07:00Z"}
STATE = "SELECT measure_id, observed_at, value FROM raw.readings ORDER BY 1, 2"


@pytest.mark.rule("SVL-1")
def test_three_entry_points_leave_the_same_state(
    pipeline: "Pipeline", database_url: str, tmp_path: Path
) -> None:
    near = {"LATITUDE": "51.411", "LONGITUDE": "-0.247", "DISTANCE_KM": "1.0"}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    context = object()

    def on_lambda() -> None:
        module = load_example(f"{HERE}/handler.py")
        said = module.handler(EVENT, context)
        assert said["kept"] > 0

    def in_a_container() -> None:
        run_shell(f"examples/{HERE}/task.sh", cwd=tmp_path, env={"PATH": path})

    def in_airflow() -> None:
        ingest = load_example(f"{HERE}/dag_task.py").ingest
        assert ingest(NIGHT - timedelta(hours=1), NIGHT) > 0

    states = []
    with (
        environment(**{f"RIVER_LEVELS_{name}": value for name, value in near.items()}),
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        for run in (on_lambda, in_a_container, in_airflow):
            connection.execute("TRUNCATE raw.readings, ops.runs, ops.objects, ops.manifests")
            run()
            states.append(connection.execute(STATE).fetchall())
        commands = connection.execute("SELECT command FROM ops.runs").fetchall()

    assert len(states[0]) > 0
    assert states[0] == states[1] == states[2]
    assert commands == [("airflow",)]


@pytest.mark.rule("SVL-1")
def test_an_entry_point_is_told_its_window() -> None:
    def takes_the_window_of_the_schedule(module: Any) -> None:
        # Lambda tries again after a failure, with the same event.
        window = module.window_of(EVENT)
        assert window.end == NIGHT, f"the retry takes {window}, not the window until 03:00"

    twins(
        takes_the_window_of_the_schedule,
        good=load_example(f"{HERE}/handler.py"),
        bad=load_example(f"{HERE}/wrong/handler_asks_the_clock.py"),
        harm=r"the retry takes \[20\d\d-.*not the window until 03:00",
    )
