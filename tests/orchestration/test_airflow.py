"""Proofs of docs/orchestration/airflow.md."""

import datetime as dt
import json
import os
import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from sqlalchemy import text

from guidance.engines import EngineError, ReplayServer
from guidance.engines.airflow import PROJECT, Airflow, airflow, command_of_the_pipeline
from guidance.engines.child import Child
from guidance.engines.replay.server import Fault
from guidance.engines.switch import Switch
from guidance.evidence import load_example, twins
from guidance.paths import BUILD, EXAMPLES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from river_levels.pipeline import Pipeline

HERE = EXAMPLES / "orchestration" / "airflow"
DAGS = PROJECT / "dags"
HELPER = Path(__file__).with_name("in_airflow.py")
INGEST, MARTS, REFERENCE = (
    "river-levels-etl",
    "river-levels-etl-marts",
    "river-levels-etl-reference",
)
AT = dt.datetime(2026, 3, 29, 6, 7, tzinfo=dt.UTC)
"""A date of the replay's world. A run asked for at it has the interval that ends then."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Airflow, installed, with an empty metadata database."""
    try:
        with airflow(tmp_path_factory.mktemp("airflow"), DAGS) as made:
            yield made
    except EngineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def inside(home: Airflow) -> Iterator[Child]:
    """A process that has Airflow imported."""
    with home.child() as child:
        yield child


@pytest.fixture
def env(pipeline: "Pipeline") -> dict[str, str | None]:
    """The variables that a task needs: engines, bucket, source, command."""
    kept = ("AWS_", "DATABASE_URL", "RIVER_LEVELS_")
    found: dict[str, str | None] = {k: v for k, v in os.environ.items() if k.startswith(kept)}
    url = os.environ["DATABASE_URL"]
    return found | {
        "RIVER_LEVELS_COMMAND": command_of_the_pipeline(),
        "AIRFLOW_CONN_RIVER_LEVELS": url.replace("postgresql://", "postgres://", 1),
    }


def run_dag(
    inside: Child,
    path: Path,
    dag_id: str,
    at: dt.datetime | None = None,
    env: dict[str, str | None] | None = None,
) -> dict[str, Any]:
    """Run a DAG by ``dag.test()`` in Airflow's process; see ``in_airflow.run``."""

    def program(helper: Any, **given: Any) -> Any:
        return helper.run(**given)

    when = at.isoformat() if at else None
    given = {"folder": str(path), "dag_id": dag_id, "at": when, "env": env or {}}
    found: dict[str, Any] = inside.run(program, HELPER, give=given)
    return found


def example(name: str) -> Path:
    """Return the file of an example DAG."""
    return HERE / f"{name}.py"


def pair(good: str, wrong: str) -> dict[str, Path]:
    """Return an example and its counter-example."""
    return {"good": example(good), "bad": example(f"wrong/{wrong}")}


# --- AFO-2, AFO-3: the window ---------------------------------------------------------


@pytest.mark.rule("AFO-2")
def test_a_bare_cron_string_reads_nothing(
    inside: Child, pipeline: "Pipeline", env: dict[str, str | None]
) -> None:
    from river_levels.windows import Window

    hour = Window(AT - dt.timedelta(hours=1), AT)
    pipeline.ingest(hour, "run")
    with pipeline.engine.connect() as connection:
        there = connection.scalar(text("SELECT count(*) FROM raw.readings"))
    assert there and there > 20

    def check(path: Path) -> None:
        found = run_dag(inside, path, "count-readings", AT, env)
        assert found["state"] == "success"
        number = int(found["xcoms"]["count"])
        start, end = found["interval"]
        assert number == there, f"{number} readings in [{start}, {end}), and a green run"

    twins(
        check,
        **pair("interval", "bare_cron"),
        harm=r"^0 readings in \[(2026-03-29T06:07:00\+00:00), \1\), and a green run",
    )


@pytest.mark.rule("AFO-3")
def test_a_window_from_the_clock_is_another_one_tomorrow(
    inside: Child, pipeline: "Pipeline", env: dict[str, str | None]
) -> None:
    from river_levels.windows import Window

    pipeline.ingest(Window(AT - dt.timedelta(hours=1), AT + dt.timedelta(hours=1)), "run")

    def check(path: Path) -> None:
        first = run_dag(inside, path, "count-readings", AT, env)["xcoms"]["count"]
        later = AT + dt.timedelta(hours=1)
        other = run_dag(inside, path, "count-readings", later, env)["xcoms"]["count"]
        assert int(first) > 20 and int(other) > 20, f"backfilled: {first} and {other} readings"

    twins(
        check,
        **pair("interval", "window_from_the_clock"),
        harm="^backfilled: 0 and 0 readings",
    )


@pytest.mark.rule("AFO-3")
def test_a_run_without_a_window_fails_at_once(
    inside: Child, pipeline: "Pipeline", env: dict[str, str | None]
) -> None:
    found = run_dag(inside, DAGS, INGEST, None, env)  # as an asset or the API starts it

    assert found["interval"] is None
    assert found["tasks"] == {"extract": "failed", "load": "upstream_failed"}
    assert found["assets"] == []
    with pipeline.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM ops.runs")) == 0


@pytest.mark.rule("AFO-2")
@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", 29), ("Europe/London", 29), ("Europe/London", 25)]
)
def test_intervals_are_what_the_other_page_says(inside: Child, zone: str, day: int) -> None:
    intervals = load_example("orchestration/schedulers/intervals.py")

    def program(zone: str, start: str, number: int) -> Any:

        from airflow.sdk import timezone
        from airflow.timetables.base import TimeRestriction
        from airflow.timetables.interval import CronDataIntervalTimetable

        table = CronDataIntervalTimetable("23 0,1,2,4 * * *", timezone=zone)
        limits = TimeRestriction(timezone.parse(start), None, catchup=True)
        found, last = [], None
        for _ in range(number):
            run = table.next_dagrun_info(last_automated_data_interval=last, restriction=limits)
            last = run.data_interval
            found.append([last.start.isoformat(), last.end.isoformat()])
        return found

    month = 3 if day == 29 else 10
    start = dt.datetime(2026, month, day - 1, tzinfo=dt.UTC)
    end = start + dt.timedelta(days=3)
    ours = intervals.intervals("23 0,1,2,4 * * *", zone, start, end)
    give = {"zone": zone, "start": start.isoformat(), "number": len(ours)}
    airflows = inside.run(program, give=give)

    assert [[a.isoformat(), b.isoformat()] for a, b in ours] == [
        [at(a), at(b)] for a, b in airflows
    ]


def test_changing_the_timetable_skips_a_period(inside: Child) -> None:
    def program() -> Any:

        from airflow.sdk import timezone
        from airflow.timetables.base import DataInterval, TimeRestriction
        from airflow.timetables.interval import CronDataIntervalTimetable
        from airflow.timetables.trigger import CronTriggerTimetable

        start = timezone.datetime(2026, 3, 1)
        limits = TimeRestriction(start, None, catchup=True)
        before = CronTriggerTimetable("0 6 * * *", timezone="UTC")
        last = before.next_dagrun_info(
            last_automated_data_interval=DataInterval.exact(timezone.datetime(2026, 3, 9, 6)),
            restriction=limits,
        ).data_interval
        after = CronDataIntervalTimetable("0 6 * * *", timezone="UTC")
        first = after.next_dagrun_info(last_automated_data_interval=last, restriction=limits)
        return [m.isoformat() for m in (last.start, last.end, *first.data_interval)]

    last_start, last_end, first_start, first_end = inside.run(program)

    assert last_start == last_end == "2026-03-10T06:00:00+00:00"
    assert first_start == "2026-03-11T06:00:00+00:00"  # the day from the 10th: never run
    assert first_end == "2026-03-12T06:00:00+00:00"


def at(moment: str) -> str:
    """Write a moment in UTC."""
    return dt.datetime.fromisoformat(moment).astimezone(dt.UTC).isoformat()


def test_a_run_before_the_start_does_nothing_and_succeeds(
    inside: Child, env: dict[str, str | None]
) -> None:
    early = dt.datetime(2026, 1, 5, 6, 7, tzinfo=dt.UTC)

    found = run_dag(inside, example("interval"), "count-readings", early, env)

    assert found["state"] == "success"
    assert found["tasks"] == {}


# --- AFO-1: what happens when a file is read ------------------------------------------


@pytest.mark.rule("AFO-1")
def test_a_file_that_asks_asks_for_ever(
    inside: Child, env: dict[str, str | None], flood_api: ReplayServer
) -> None:
    def check(path: Path) -> None:
        found = run_dag(inside, path, "list-stations", AT, env)
        assert int(found["xcoms"]["stations"]) == len(flood_api.world.stations)
        flood_api.requests.clear()
        for _ in range(3):  # as the DAG processor does, every half minute
            read(inside, path, env)
        asked = len(flood_api.requests)
        flood_api.misbehave(Fault.SLOW_DRIP)
        patient = env | {"AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "2"}  # 30 by default
        slow = read(inside, path, patient)["seconds"] > 1
        flood_api.misbehave(Fault.UNAVAILABLE, times=None)
        try:
            errors = read(inside, path, env)["errors"]
        finally:
            flood_api.behave()
        assert not asked and not errors, (
            f"{asked} requests, {'over' if slow else 'under'} a second with a slow source, "
            f"then the DAG is gone: {errors}"
        )

    twins(
        check,
        **pair("asks_in_the_task", "asks_at_import"),
        harm=r"(?s)^3 requests, over a second .* then the DAG is gone: .*JSONDecodeError",
    )


def read(inside: Child, path: Path, env: dict[str, str | None]) -> dict[str, Any]:
    """Read a DAG file and say what came of it."""

    def program(helper: Any, folder: str, env: dict[str, str | None]) -> Any:
        with helper.variables(env):
            bag = helper.bag_of(folder)
        return {
            "errors": "".join(bag.import_errors.values()),
            "seconds": sum(s.duration.total_seconds() for s in bag.dagbag_stats),
            "dags": {
                dag.dag_id: {
                    "catchup": dag.catchup,
                    "max_active_runs": dag.max_active_runs,
                    "doc": dag.doc_md,
                    "pools": [t.pool for t in dag.tasks],
                    "past": [t.depends_on_past for t in dag.tasks],
                    "waits": [
                        [getattr(t, "mode", None), getattr(t, "timeout", None)]
                        for t in dag.tasks
                    ],
                }
                for dag in bag.dags.values()
            },
        }

    given = {"folder": str(path), "env": env}
    found: dict[str, Any] = inside.run(program, HELPER, give=given)
    return found


# --- AFO-4: limits --------------------------------------------------------------------


@pytest.mark.rule("AFO-4")
def test_a_start_that_moves_is_never_reached(inside: Child) -> None:
    def program(helper: Any, folder: str) -> Any:
        import time

        from airflow.serialization.decoders import decode_timetable
        from airflow.serialization.encoders import encode_timetable
        from airflow.timetables.base import TimeRestriction

        due = []
        for _ in range(2):
            [dag] = helper.bag_of(folder).dags.values()
            table = decode_timetable(encode_timetable(dag.timetable))
            limits = TimeRestriction(dag.start_date, None, catchup=False)
            run = table.next_dagrun_info(last_automated_data_interval=None, restriction=limits)
            due.append([dag.start_date.isoformat(), run.run_after.timestamp() - time.time()])
            time.sleep(0.01)
        return due

    def check(path: Path) -> None:
        (first, hours), (second, _) = inside.run(program, HELPER, give={"folder": str(path)})
        assert first == second and hours < 0, (
            f"it starts {'never the same' if first != second else first}, "
            f"and its first run is {'still to come' if hours > 0 else 'due'}"
        )

    twins(
        check,
        **pair("starts_on_a_date", "starts_now"),
        harm="^it starts never the same, and its first run is still to come",
    )


@pytest.mark.rule("AFO-4")
@pytest.mark.parametrize(
    ("name", "catchup", "most", "past"),
    [
        ("no_catchup", False, 16, False),
        ("catchup", True, 2, False),
        ("one_at_a_time", True, 1, False),
        ("waits_for_yesterday", True, 3, True),
    ],
)
def test_the_dags_of_the_real_runs_differ_in_this(
    inside: Child, name: str, catchup: bool, most: int, past: bool
) -> None:
    [dag] = read(inside, example(f"runs/{name}"), {})["dags"].values()

    assert (dag["catchup"], dag["max_active_runs"]) == (catchup, most)
    assert dag["past"] == [past]


@pytest.mark.rule("AFO-9", "AFO-10")
def test_each_dag_says_what_to_do_at_4_pm(inside: Child) -> None:
    found = read(inside, DAGS, {})["dags"]
    pools = json.loads((PROJECT / "pools.json").read_text("utf-8"))

    assert set(found) == {INGEST, MARTS, REFERENCE}
    for dag in found.values():
        assert set(dag["pools"]) <= set(pools)
        for part in ("Owner:", "Freshness:", "Interval:", "Run again:", "runbook"):
            assert part in dag["doc"]


# --- AFO-5, AFO-15: what goes between tasks -------------------------------------------


@pytest.mark.rule("AFO-5")
def test_rows_do_not_belong_into_airflows_database(
    inside: Child, env: dict[str, str | None]
) -> None:
    def check(path: Path) -> None:
        found = run_dag(inside, path, "two-tasks", AT, env)
        assert found["state"] == "success"
        assert int(found["xcoms"]["load"]) == 10_000
        size = len(found["xcoms"]["extract"])
        assert size < 1_000, f"{size:,} bytes of rows in Airflow's own database"

    twins(
        check,
        **pair("passes_a_key", "passes_the_rows"),
        harm=r"^\d{3},\d{3} bytes of rows in Airflow's own database",
    )


@pytest.mark.rule("AFO-15")
def test_a_task_for_each_row_is_refused(inside: Child) -> None:
    def check(path: Path) -> None:
        found = run_dag(inside, path, "map", AT)
        assert found["state"] == "success", f"parts is {found['tasks']['parts']}"
        assert [found["tasks"][f"load{n}"] for n in range(3)] == ["success"] * 3

    twins(check, **pair("maps_days", "maps_rows"), harm="^parts is failed")


# --- AFO-6: waiting -------------------------------------------------------------------


@pytest.mark.rule("AFO-6")
def test_a_sensor_lets_its_slot_go_and_gives_up(inside: Child) -> None:
    def check(path: Path) -> None:
        [dag] = read(inside, path, {})["dags"].values()
        [[mode, seconds]] = dag["waits"]
        hours = seconds / 3600
        assert mode == "reschedule" and hours <= 6, f"{hours:.0f} hours in its slot ({mode})"

    twins(
        check,
        **pair("waits_and_lets_go", "waits_in_its_slot"),
        harm=r"^168 hours in its slot \(poke\)",
    )


# --- AFO-7, AFO-14: what a run says about itself --------------------------------------


@pytest.mark.rule("AFO-7")
def test_bad_data_are_not_announced(inside: Child) -> None:
    def check(path: Path) -> None:
        found = run_dag(inside, path, "load-levels", AT)
        assert found["state"] == "failed"
        assert found["assets"] == [], f"the check failed, and {found['assets']} were announced"

    twins(
        check,
        **pair("checks_then_tells", "tells_before_it_checks"),
        harm=r"^the check failed, and \['levels'\] were announced",
    )


@pytest.mark.rule("AFO-14")
def test_a_clean_up_does_not_hide_a_failure(inside: Child) -> None:
    def check(path: Path) -> None:
        found = run_dag(inside, path, "with-scratch", AT)
        assert found["tasks"]["load"] == "failed"
        assert found["tasks"]["drop_scratch"] == "success"
        assert found["state"] == "failed", f"load failed, and the run is a {found['state']}"

    twins(
        check,
        **pair("tears_down", "cleans_up_last"),
        harm="^load failed, and the run is a success",
    )


@pytest.mark.rule("AFO-8")
def test_a_pipe_does_not_hide_a_failure(inside: Child, env: dict[str, str | None]) -> None:
    command = Path(command_of_the_pipeline()).parent
    path_of = {"PATH": f"{command}{os.pathsep}{os.environ['PATH']}"}

    def check(path: Path) -> None:
        found = run_dag(inside, path, "run-a-command", AT, env | path_of)
        assert found["state"] == "failed", f"the command ended with 2: {found['state']}"

    twins(
        check,
        **pair("runs_a_command", "hides_the_exit_code"),
        harm="^the command ended with 2: success",
    )


# --- the pipeline's own DAGs ----------------------------------------------------------


@pytest.mark.rule("AFO-8", "AFO-7")
def test_the_whole_flow_runs(
    inside: Child,
    pipeline: "Pipeline",
    env: dict[str, str | None],
    s3: "S3Client",
) -> None:
    first = run_dag(inside, DAGS, INGEST, AT, env)
    second = run_dag(inside, DAGS, MARTS, None, env)

    assert first["tasks"] == {"extract": "success", "load": "success"}
    assert first["interval"] == ["2026-03-29T05:07:00+00:00", AT.isoformat()]
    assert first["assets"] == [f"{INGEST}-raw"]
    assert second["tasks"] == {"transform": "success", "serve": "success"}
    assert second["assets"] == [f"{INGEST}-marts"]
    with pipeline.engine.connect() as connection:
        [run] = connection.execute(text("SELECT window_start, window_end FROM ops.runs"))
        served = connection.scalar(text("SELECT count(*) FROM serving.river_levels_daily"))
    assert tuple(run) == (AT - dt.timedelta(hours=49), AT)
    assert served and served > 50
    export = s3.head_object(
        Bucket=pipeline.settings.bucket, Key="exports/river_levels_daily.csv"
    )
    assert export["ContentLength"] > 1_000


@pytest.mark.rule("AFO-7")
def test_too_many_bad_rows_start_no_marts(
    inside: Child, pipeline: "Pipeline", env: dict[str, str | None]
) -> None:
    strict = {"RIVER_LEVELS_MAX_QUARANTINE_SHARE": "0"}

    found = run_dag(inside, DAGS, INGEST, AT, env | strict)

    assert found["tasks"] == {"extract": "success", "load": "failed"}
    assert found["assets"] == []
    with pipeline.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM raw.readings")) == 0
        assert connection.scalar(text("SELECT count(*) FROM raw.quarantine"))


@pytest.mark.rule("AFO-12")
def test_three_days_in_any_order_are_the_same_three_days(
    inside: Child,
    pipeline: "Pipeline",
    env: dict[str, str | None],
    tmp_path: Path,
) -> None:
    from river_levels.windows import Window

    daily = manifest_of(tmp_path, cron="7 0 * * *", overlap_hours=0)
    days = [dt.datetime(2026, 3, day, 0, 7, tzinfo=dt.UTC) for day in (27, 28, 29)]
    shuffled = random.Random(7).sample(days, 3)  # noqa: S311  an order, no secret
    assert shuffled != days
    for day in shuffled:
        found = run_dag(inside, DAGS, INGEST, day, env | daily)
        assert found["state"] == "success"
    backfilled = readings_of(pipeline)
    with pipeline.engine.begin() as connection:
        connection.execute(text("TRUNCATE raw.readings, raw.quarantine"))

    for day in days:
        pipeline.ingest(Window(day - dt.timedelta(days=1), day), "run")

    assert len(backfilled) > 3_000
    assert backfilled == readings_of(pipeline)


@pytest.mark.rule("AFO-2")
def test_the_reference_run_reads_a_london_day_of_23_hours(
    inside: Child, pipeline: "Pipeline", env: dict[str, str | None], tmp_path: Path
) -> None:
    short = manifest_of(tmp_path, cron="7 * * * *", overlap_hours=0, history_days=1)
    at_0423 = dt.datetime(2026, 3, 29, 3, 23, tzinfo=dt.UTC)  # 04:23 in London

    found = run_dag(inside, DAGS, REFERENCE, at_0423, env | short)

    assert found["tasks"] == {"refresh": "success"}
    assert found["interval"] == ["2026-03-28T04:23:00+00:00", at_0423.isoformat()]
    with pipeline.engine.connect() as connection:
        [run] = connection.execute(text("SELECT window_start, window_end FROM ops.runs"))
    assert run.window_end - run.window_start == dt.timedelta(hours=23)


def manifest_of(
    folder: Path, *, cron: str, overlap_hours: int, history_days: int = 28
) -> dict[str, str | None]:
    """Return the variable of a copy of the manifest with another schedule."""
    manifest = yaml.safe_load((PROJECT.parent / "pipeline.yml").read_text("utf-8"))
    manifest["schedule"] |= {"cron": cron, "overlap_hours": overlap_hours}
    manifest["sources"][0]["history_days"] = history_days
    path = folder / "pipeline.yml"
    path.write_text(yaml.safe_dump(manifest), "utf-8")
    return {"RIVER_LEVELS_MANIFEST": str(path)}


def readings_of(pipeline: "Pipeline") -> list[tuple[Any, ...]]:
    """Return all readings that were loaded."""
    query = "SELECT measure_id, observed_at, value FROM raw.readings ORDER BY 1, 2"
    with pipeline.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.rule("AFO-11")
def test_a_failure_is_told_and_a_success_pings(
    inside: Child,
    pipeline: "Pipeline",
    env: dict[str, str | None],
    tmp_path: Path,
    switch: Switch,
) -> None:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    queue = sqs.create_queue(QueueName="on-call")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
    told = env | {
        "RIVER_LEVELS_ALERT_TOPIC": topic,
        "RIVER_LEVELS_PING_URL": f"{switch.url}ping",
    }
    no_models = {"RIVER_LEVELS_DBT_PROJECT_DIR": str(tmp_path)}
    bad = run_dag(inside, DAGS, MARTS, None, told | no_models)
    silent = list(switch.paths)
    run_dag(inside, DAGS, INGEST, AT, told)
    good = run_dag(inside, DAGS, MARTS, None, told)

    assert bad["tasks"] == {"transform": "failed", "serve": "upstream_failed"}
    assert bad["assets"] == [] and silent == []
    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)["Messages"]
    assert "river-levels-etl-marts.transform" in message["Body"]
    assert good["state"] == "success" and switch.paths == ["/ping"]


@pytest.mark.rule("AFO-17", "AFO-10")
def test_the_projects_own_tests_pass(home: Airflow) -> None:
    done = subprocess.run(
        ["uv", "run", "--frozen", "--project", str(PROJECT), "pytest"],
        cwd=PROJECT,
        env=home.variables() | {"UV_PROJECT_ENVIRONMENT": str(BUILD / "engines" / "airflow")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"^17 passed", done.stdout, re.MULTILINE), done.stdout[-500:]
