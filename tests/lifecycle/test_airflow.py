"""Proofs of docs/lifecycle/airflow.md, and the real runs that its pictures show."""

import datetime as dt
import json
import os
import re
import secrets
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import psutil
import pytest
import yaml
from sqlalchemy import text

from guidance.engines import AwsEngine, EngineError, ReplayServer
from guidance.engines.airflow import (
    DATABASE,
    PROJECT,
    Airflow,
    Standalone,
    airflow,
    command_of_the_pipeline,
    standalone,
)
from guidance.engines.postgres import create_database, drop_database, with_database
from guidance.engines.replay.server import Fault
from guidance.engines.terraform import Plan, Workspace
from guidance.evidence import prove, prove_plan, run_shell, twins
from guidance.evidence.outputs import UPDATE
from guidance.evidence.recorder import Level
from guidance.paths import BUILD, DOCS, EXAMPLES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from river_levels.pipeline import Pipeline

HERE = "examples/lifecycle/airflow"
SETTINGS = "examples/river-levels-etl/airflow/settings.sh"
LOCAL_SETTINGS = "examples/river-levels-etl/airflow/local/airflow_local_settings.py"
RUNS = EXAMPLES / "orchestration" / "airflow" / "runs"
INGEST = "river-levels-etl"
MARTS = "river-levels-etl-marts"
WAIT_S = 400.0
QUIET = ["--no-sandbox", "--disable-gpu"]

type Run = dict[str, Any]


@pytest.fixture
def services(pipeline: "Pipeline") -> dict[str, str]:
    """The variables that a task needs, without those of any Airflow."""
    kept = ("AWS_", "DATABASE_URL", "RIVER_LEVELS_")
    found = {k: v for k, v in os.environ.items() if k.startswith(kept)}
    return found | {"RIVER_LEVELS_COMMAND": command_of_the_pipeline()}


@contextmanager
def made(home: Path, dags: Path = PROJECT / "dags", **settings: str) -> Iterator[Airflow]:
    """Make an Airflow, or skip."""
    with ExitStack() as stack:
        try:
            home.mkdir()
            found = stack.enter_context(airflow(home, dags, **settings))
        except EngineError as error:
            pytest.skip(str(error))
        yield found


def until[T](look: Callable[[], T | None], what: str, seconds: float = WAIT_S) -> T:
    """Look every half second until something is found."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


def runs(running: Standalone, dag_id: str) -> list[Run]:
    """Return the runs of a DAG, the oldest interval first."""
    found = running.api(f"/dags/{dag_id}/dagRuns?limit=50")["dag_runs"]
    return sorted(found, key=lambda run: str(run["logical_date"] or run["run_after"]))


def ended(running: Standalone, dag_id: str, number: int = 1) -> list[Run] | None:
    """Return the runs of a DAG once so many have ended."""
    found = [r for r in runs(running, dag_id) if r["state"] in {"success", "failed"}]
    return found if len(found) >= number else None


def wait_for_dags(running: Standalone, *dag_ids: str) -> None:
    """Wait until the DAG processor has read them, then switch them on."""

    def there() -> bool:
        dags = running.api("/dags?limit=50")["dags"]
        return {d["dag_id"] for d in dags} >= set(dag_ids)

    until(there, f"DAGs {dag_ids}")
    for dag_id in dag_ids:
        running.api(f"/dags/{dag_id}", {"is_paused": False}, "PATCH")


# --- standalone: what a laptop runs ---------------------------------------------------


@pytest.mark.rule("AF-2", "AF-5")
def test_the_schedule_fires_and_the_asset_starts_the_next(
    tmp_path: Path,
    pipeline: "Pipeline",
    services: dict[str, str],
    flood_api: ReplayServer,
    s3: "S3Client",
) -> None:
    flood_api.now = dt.datetime.now(dt.UTC)
    half_an_hour_off = (flood_api.now.minute + 30) % 60  # one run, not a second one soon
    flood_api.misbehave(Fault.HANG, path="readings")  # the first try will be killed
    bucket = pipeline.settings.bucket
    remote = {
        "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": f"s3://{bucket}/airflow",
        "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID": "aws_role",
        "AIRFLOW_CONN_AWS_ROLE": "aws://",
        "UV_PROJECT_ENVIRONMENT": str(BUILD / "engines" / "airflow"),
        "RIVER_LEVELS_MANIFEST": manifest(tmp_path, f"{half_an_hour_off} * * * *", 48),
    }
    script = ["bash", "-eu", str(EXAMPLES.parent / HERE / "local.sh")]
    with made(tmp_path / "home", **services, **remote) as installation:
        with standalone(installation, script) as running:
            wait_for_dags(running, MARTS, INGEST)
            killed = until(lambda: kill_a_task(running, "extract"), "a task to kill")
            [fired] = until(lambda: ended(running, INGEST), "the scheduled run")
            [triggered] = until(lambda: ended(running, MARTS), "the triggered run")
            tries = tries_of(running, fired)
            take_pictures(running, tmp_path)
            those, addresses = running.processes(), running.listens_on()
        _, alive = psutil.wait_procs(those, timeout=5)
        versions = installation.cli("version").split()

    assert fired["state"] == "success" and fired["run_type"] == "scheduled"
    assert moment(fired["data_interval_end"]) - moment(
        fired["data_interval_start"]
    ) == dt.timedelta(hours=1)
    assert killed and tries["extract"] > 1 and tries["load"] == 1
    assert triggered["state"] == "success"
    assert triggered["run_type"] == "asset_triggered"
    assert triggered["data_interval_start"] is None
    with pipeline.engine.connect() as connection:
        [ledger] = connection.execute(text("SELECT window_end, rows_kept FROM ops.runs"))
    assert ledger.window_end == moment(fired["data_interval_end"])
    assert ledger.rows_kept > 3_000
    logs = s3.list_objects_v2(Bucket=bucket, Prefix="airflow/")["Contents"]
    assert sum("task_id=load" in log["Key"] for log in logs) == 1
    assert alive == [] and addresses == {"127.0.0.1"}
    lock = (PROJECT / "uv.lock").read_text("utf-8")
    assert f'name = "apache-airflow"\nversion = "{versions[-1]}"' in lock
    executed(f"{HERE}/local.sh")
    executed(LOCAL_SETTINGS)


def manifest(folder: Path, cron: str, overlap_hours: int) -> str:
    """Write a copy of the pipeline's manifest with another schedule; return its path."""
    found = yaml.safe_load((PROJECT.parent / "pipeline.yml").read_text("utf-8"))
    found["schedule"] |= {"cron": cron, "overlap_hours": overlap_hours}
    path = folder / "pipeline.yml"
    path.write_text(yaml.safe_dump(found), "utf-8")
    return str(path)


def executed(ref: str) -> None:
    """Note that a script was run, exactly as it stands."""
    prove(ref, Level.EXECUTED, "bash")


def moment(written: str) -> dt.datetime:
    """Read a moment of the REST API."""
    return dt.datetime.fromisoformat(written.replace("Z", "+00:00"))


def kill_a_task(running: Standalone, command: str) -> bool:
    """Kill the process of a task while the pipeline's command runs in it."""
    for process in running.processes():
        try:
            arguments = process.cmdline()
            if any("river-levels" in a for a in arguments) and command in arguments:
                parent = process.parent()
                assert parent is not None
                time.sleep(1)  # into the middle of it
                parent.kill()
                process.kill()
                return True
        except psutil.NoSuchProcess:
            continue
    return False


def tries_of(running: Standalone, run: Run) -> dict[str, int]:
    """Return how often each task of a run was tried."""
    path = f"/dags/{run['dag_id']}/dagRuns/{run['dag_run_id']}/taskInstances"
    return {t["task_id"]: t["try_number"] for t in running.api(path)["task_instances"]}


def take_pictures(running: Standalone, folder: Path) -> None:
    """Photograph the web interface; with --update-outputs, for the page."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on PATH: install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 620})
        page.goto(running.url)
        page.get_by_role("textbox", name="Username").or_(
            page.locator("[name=username]")
        ).first.fill("admin")
        page.locator("[name=password]").first.fill(running.password())
        page.get_by_role("button", name=re.compile("sign in|log ?in", re.IGNORECASE)).click()
        page.get_by_text("Welcome").or_(page.get_by_text("Dags")).first.wait_for()
        page.wait_for_load_state("networkidle")
        for name, path, shown in (
            ("dags", "/dags", MARTS),
            ("run", f"/dags/{INGEST}", "extract"),
        ):
            page.goto(f"{running.url}{path}")
            page.get_by_text(shown, exact=True).first.wait_for(timeout=30_000)
            page.wait_for_timeout(1_500)  # its animations
            picture = folder / f"airflow-{name}.png"
            page.screenshot(path=picture)
            assert picture.stat().st_size > 20_000
            if os.environ.get(UPDATE):
                shutil.copy(picture, DOCS / "lifecycle" / picture.name)
        browser.close()


# --- PostgreSQL and LocalExecutor: what a server runs ---------------------------------


@pytest.fixture
def metadata_url(postgres_url: str) -> Iterator[str]:
    """An empty database for Airflow's own data, by the driver that it wants."""
    name = f"airflow_{secrets.token_hex(6)}"
    create_database(postgres_url, name)
    yield with_database(postgres_url, name).replace(
        "postgresql://", "postgresql+psycopg2://", 1
    )
    drop_database(postgres_url, name)


@pytest.mark.rule("AFO-12", "AFO-4")
def test_a_backfill_and_other_runs_on_postgresql(
    tmp_path: Path,
    metadata_url: str,
    pipeline: "Pipeline",
    services: dict[str, str],
) -> None:
    from river_levels.windows import Window

    dags = tmp_path / "dags"
    shutil.copytree(PROJECT / "dags", dags)
    shutil.copytree(RUNS, dags, dirs_exist_ok=True)
    settings = services | {
        DATABASE: metadata_url,
        "RIVER_LEVELS_MANIFEST": manifest(tmp_path, "7 0 * * *", 0),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    }
    others = {"no-catchup": 1, "catchup": 3, "one-at-a-time": 3}
    with made(tmp_path / "home", dags, **settings) as installation:
        installation.cli("pools", "import", str(PROJECT / "pools.json"))
        with standalone(installation) as running:
            wait_for_dags(running, *others, "waits-for-yesterday", INGEST)
            said = run_shell(
                "examples/orchestration/airflow/backfill.sh",
                cwd=tmp_path,
                env=installation.variables(),
            )
            found = {
                dag_id: until(lambda d=dag_id, n=number: ended(running, d, n), dag_id)
                for dag_id, number in others.items()
            }
            held = until(lambda: held_back(running), "the first of three to fail")
            backfilled = until(lambda: all_of_the_backfill(running), "the backfill")

    assert len(found["no-catchup"]) == 1
    assert moment(found["no-catchup"][0]["data_interval_end"]) > dt.datetime.now(
        dt.UTC
    ) - dt.timedelta(days=1)
    assert most_at_once(found["catchup"]) == 2
    assert most_at_once(found["one-at-a-time"]) == 1
    assert held == ["failed", None, None]
    assert "2026-03-26" in said.stdout
    assert [r["state"] for r in backfilled] == ["success"] * 3
    with pipeline.engine.begin() as connection:
        loaded = readings(connection)
        connection.execute(text("TRUNCATE raw.readings, raw.quarantine"))
    for run in backfilled:
        window = Window(moment(run["data_interval_start"]), moment(run["data_interval_end"]))
        pipeline.ingest(window, "run")
    with pipeline.engine.connect() as connection:
        assert len(loaded) > 3_000
        assert loaded == readings(connection)


def readings(connection: Any) -> list[tuple[Any, ...]]:
    """Return all readings that were loaded."""
    query = "SELECT measure_id, observed_at, value FROM raw.readings ORDER BY 1, 2"
    return [tuple(row) for row in connection.execute(text(query))]


def all_of_the_backfill(running: Standalone) -> list[Run] | None:
    """Return the runs of the backfill once all three have ended."""
    found = [r for r in runs(running, INGEST) if r["run_type"] == "backfill"]
    done = [r for r in found if r["state"] in {"success", "failed"}]
    return done if len(done) == 3 else None


def held_back(running: Standalone) -> list[str | None] | None:
    """Return the states of the task of three runs, once the first has failed for good."""
    dag_id = "waits-for-yesterday"
    path = f"/dags/{dag_id}/dagRuns/~/taskInstances"
    found = running.api(path)["task_instances"]
    states = [t["state"] for t in sorted(found, key=lambda t: str(t["logical_date"]))]
    return states if len(states) == 3 and states[0] == "failed" else None


def most_at_once(found: list[Run]) -> int:
    """Return how many of some runs overlapped at most."""
    spans = [(moment(r["start_date"]), moment(r["end_date"])) for r in found]
    return max(sum(a <= start < b for a, b in spans) for start, _ in spans)


# --- the settings of a server ---------------------------------------------------------


@pytest.mark.rule("AF-3")
def test_secrets_come_from_secrets_manager(
    tmp_path: Path, aws_engine: AwsEngine, metadata_url: str
) -> None:
    client = boto3.client("secretsmanager")
    prefix = "/river-levels-etl/airflow"
    connection = {"conn_type": "postgres", "host": "db.example", "password": "made-up"}
    client.create_secret(
        Name=f"{prefix}/connections/river_levels", SecretString=json.dumps(connection)
    )
    client.create_secret(Name=f"{prefix}/config/sql_alchemy_conn", SecretString=metadata_url)
    ask = tmp_path / "ask.sh"
    ask.write_text(
        f"source {(EXAMPLES.parent / SETTINGS).as_posix()}\n"
        "airflow config get-value database sql_alchemy_conn 2>/dev/null\n"
        "python -c 'from airflow.sdk import Connection\n"
        'print(Connection.get("river_levels").host)\'\n',
        "utf-8",
    )
    with made(tmp_path / "home", AIRFLOW_LOGS_BUCKET="logs-test") as installation:
        done = subprocess.run(
            ["bash", "-eu", str(ask)],
            env=installation.variables(),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        without = subprocess.run(
            ["bash", "-eu", str(ask)],
            env=installation.variables() | {"AIRFLOW_LOGS_BUCKET": ""},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stderr[-2000:]
    assert metadata_url in done.stdout
    assert done.stdout.splitlines()[-1] == "db.example"
    assert "made-up" not in done.stdout + done.stderr
    assert "set it to the bucket of the logs" in without.stderr and without.returncode
    executed(SETTINGS)


# --- MWAA, planned --------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan(aws_engine: AwsEngine, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of the page's environment of MWAA."""
    workspace = Workspace(EXAMPLES.parent / HERE, tmp_path_factory.mktemp("mwaa") / "plan")
    try:
        workspace.init()
        return workspace.plan(
            {
                "account_id": "123456789012",
                "vpc_id": "vpc-1",
                "subnet_ids": ["subnet-1", "subnet-2"],
            }
        )
    except EngineError as error:
        pytest.skip(str(error))


def policy_of(plan: Plan) -> list[dict[str, Any]]:
    """Return the statements of the execution role's policy."""
    [values] = [v for k, v in plan.resources.items() if "aws_iam_role_policy." in k]
    statements: list[dict[str, Any]] = json.loads(values["policy"])["Statement"]
    return statements


@pytest.mark.rule("AF-4")
def test_the_role_of_mwaa_names_what_it_may_do(plan: Plan) -> None:
    def check(statements: list[dict[str, Any]]) -> None:
        wide = [
            s["Sid"] for s in statements if "*" in str(s["Action"]) or s["Resource"] == "*"
        ]
        assert wide == [], f"{wide} may do anything, or to anything"

    wrong = json.loads((EXAMPLES.parent / HERE / "wrong" / "any_bucket.json").read_text())
    twins(
        check,
        good=policy_of(plan),
        bad=wrong["Statement"],
        harm=r"^\['EveryBucket', 'EverySecret'\] may do anything",
    )
    prove(f"{HERE}/wrong/any_bucket.json", Level.VALIDATED, "json")
    prove_plan(plan, HERE)


def test_mwaa_is_private_and_has_the_version_that_is_offered(plan: Plan) -> None:
    [found] = [v for k, v in plan.resources.items() if "aws_mwaa_environment." in k]

    assert found["webserver_access_mode"] == "PRIVATE_ONLY"
    assert found["airflow_version"] == "3.3.1"
    assert found["logging_configuration"][0]["task_logs"][0]["enabled"]
    prove_plan(plan, HERE)


# --- deployment and upgrade -----------------------------------------------------------


@pytest.mark.rule("AF-7")
def test_a_deleted_dag_is_gone_after_a_deployment(
    tmp_path: Path, s3: "S3Client", bucket: str
) -> None:
    def check(script: str) -> None:
        gone = "dags/river_levels_weekly.py"
        s3.put_object(Bucket=bucket, Key=gone, Body=b"# deleted in git last week")
        run_shell(script, cwd=copy, env=variables)
        there = {o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]}
        assert {"requirements.txt", "dags/pipeline.yml"} <= there
        assert "dags/river_levels_ingest.py" in there
        assert gone not in there, f"{gone} is still in the bucket, and will run tonight"

    copy = copy_of_the_project(tmp_path)
    variables = {"DAGS_BUCKET": bucket}
    twins(
        check,
        good=f"{HERE}/deploy.sh",
        bad=f"{HERE}/wrong/deploys_without_delete.sh",
        harm="is still in the bucket, and will run tonight",
    )
    pins = (copy / "requirements.txt").read_text("utf-8")
    assert re.search(r"^apache-airflow==3\.3\.", pins, re.MULTILINE)


@pytest.mark.rule("AF-2")
def test_an_upgrade_tests_before_it_migrates(tmp_path: Path) -> None:
    copy = copy_of_the_project(tmp_path)
    with made(tmp_path / "home", copy / "dags") as installation:
        variables = installation.variables() | {
            "UV_PROJECT_ENVIRONMENT": str(BUILD / "engines" / "airflow"),
            "UV_OFFLINE": "1",  # to what is locked now: no surprise of this morning
        }
        done = run_shell(f"{HERE}/upgrade.sh", cwd=copy, env=variables)

    assert "17 passed" in done.stdout
    lock = (copy / "uv.lock").read_text("utf-8")
    assert lock.count('name = "apache-airflow"\nversion = "3.3.') == 1
    assert len(re.findall(r"^name = ", lock, re.MULTILINE)) > 150
    text_of = (PROJECT / "pyproject.toml").read_text("utf-8")
    assert tomllib.loads(text_of)["project"]["requires-python"].startswith(">=3.12")
    ref = "examples/river-levels-etl/airflow/pyproject.toml"
    prove(ref, Level.EXECUTED, "uv")


def copy_of_the_project(folder: Path) -> Path:
    """Copy the pipeline's Airflow project, with the manifest beside it."""
    pipeline = folder / "river-levels-etl"
    ignored = shutil.ignore_patterns(".venv", "__pycache__", ".pytest_cache", ".airflow")
    shutil.copytree(PROJECT, pipeline / "airflow", ignore=ignored)
    shutil.copy(PROJECT.parent / "pipeline.yml", pipeline)
    return pipeline / "airflow"
