"""Proofs of docs/lifecycle/integration-testing.md.

The subject is the reference pipeline, on recorded replies. A test suite is proved by a
fault that is planted into the pipeline: the good suite finds it, the bad one does not.
"""

import csv
import io
import os
import runpy
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import boto3
import jsonschema
import psycopg
import pytest
import requests
from sqlalchemy.exc import DBAPIError

from guidance.engines import AwsEngine, Fault, PostgresServer, ReplayServer, environment
from guidance.engines.aws import REGION
from guidance.engines.postgres import (
    bundled_binaries,
    create_database,
    drop_database,
    with_database,
)
from guidance.evidence import (
    assert_output,
    load_example,
    regions,
    run_shell,
    twins,
    validate_schema,
)
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES
from river_levels import sql
from river_levels.config import load_settings
from river_levels.pipeline import Pipeline, opened
from river_levels.windows import Window

HERE = "lifecycle/integration-testing"
FOLDER = EXAMPLES / HERE
DBT = EXAMPLES / "river-levels-etl" / "dbt"
SCHEMA = EXAMPLES / "lifecycle/unit-testing/readings.schema.json"
DAYS = ("2026-03-28", "2026-03-31")
THREE_DAYS = Window.parse(*DAYS)
SIBLINGS = ("crash", "recorded_api", "refusals", "state")


def example(name: str) -> Any:
    """Load an example of this page."""
    return load_example(f"{HERE}/{name}.py")


@pytest.fixture(autouse=True)
def siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the examples import each other, and forget them afterwards."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in SIBLINGS:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.delitem(sys.modules, name)


def finds(suite: Callable[[], object], harm: Callable[[], str]) -> None:
    """Assert that a suite turns red; else say what went out unnoticed."""
    try:
        suite()
    except (AssertionError, psycopg.Error):
        return
    raise AssertionError(f"all is green, and {harm()}")


# --- the reference pipeline on recorded replies ---------------------------------------


class Place:
    """Somewhere to run pipelines: a server, an S3, and the recorded source."""

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self._databases: list[str] = []

    def database(self, template: str = "template1") -> str:
        """Make a database, a copy of another one if need be."""
        name = f"test_{secrets.token_hex(6)}"
        create_database(self.server_url, name, template)
        self._databases.append(name)
        return with_database(self.server_url, name)

    def variables(self, url: str) -> dict[str, str]:
        """Return the settings of a run on a database and a new bucket."""
        name = f"test-{secrets.token_hex(6)}"
        where = {"LocationConstraint": REGION}
        boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)
        return {"DATABASE_URL": url, "RIVER_LEVELS_BUCKET": name}

    @contextmanager
    def pipeline(self, variables: dict[str, str]) -> Iterator[Pipeline]:
        """Open the pipeline with its tables made."""
        with environment(**variables), opened(load_settings()) as pipeline:
            pipeline.prepare()
            yield pipeline

    def close(self) -> None:
        """Drop what was made."""
        for name in self._databases:
            drop_database(self.server_url, name)


@pytest.fixture(scope="module")
def place(postgres_url: str, aws_engine: AwsEngine) -> Iterator[Place]:
    """The engines of this file, and the recorded replies as source."""
    with ExitStack() as stack:
        url = stack.enter_context(load_example(f"{HERE}/recorded_api.py").recorded_api())
        settings = {"RIVER_LEVELS_API_URL": url, "RIVER_LEVELS_RETRY_BUDGET_S": "0"}
        settings |= {"RIVER_LEVELS_REQUESTS_PER_SECOND": "1000"}
        stack.enter_context(environment(**settings))
        place = Place(postgres_url)
        yield place
        place.close()


class Built:
    """The pipeline after a clean run: its settings, its database as a template."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.variables = place.variables(place.database())
        self.url = self.variables["DATABASE_URL"]
        with place.pipeline(self.variables) as pipeline:
            pipeline.run(THREE_DAYS)
        self.state = load_example(f"{HERE}/state.py").state(self.url)

    def copy(self) -> dict[str, str]:
        """Return the settings of a copy: its own database, the same bucket."""
        url = self.place.database(urlsplit(self.url).path.removeprefix("/"))
        return self.variables | {"DATABASE_URL": url}


@pytest.fixture(scope="module")
def built(place: Place) -> Built:
    """One clean run for all tests that only need its result."""
    return Built(place)


@pytest.fixture
def pipeline(place: Place) -> Iterator[Pipeline]:
    """The pipeline with nothing loaded."""
    with place.pipeline(place.variables(place.database())) as pipeline:
        yield pipeline


@pytest.fixture
def new_pipeline(place: Place) -> Iterator[Callable[[], Pipeline]]:
    """Makes pipelines with nothing loaded."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(place.pipeline(place.variables(place.database())))


# --- IT-1, IT-7: engines --------------------------------------------------------------


@pytest.mark.rule("IT-1", "IT-7")
def test_the_fixtures_give_each_test_a_database_of_its_own(
    postgres_url: str, tmp_path: Path
) -> None:
    arguments = ["-c", os.devnull, "--rootdir", str(FOLDER), "-p", "no:cacheprovider", "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(FOLDER / "test_levels.py")],
        cwd=tmp_path,
        env=os.environ | {"DATABASE_URL": postgres_url, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert "2 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.rule("IT-1")
def test_only_the_real_engine_refuses_what_production_refuses(place: Place) -> None:
    refusals = example("refusals")
    sqlite = example("wrong/tests_on_sqlite")
    count = len(refusals.MUST_FAIL)
    fine = {"it works": refusals.INSERT + "('3390TH', '2026-03-28Z', 0.4)"}
    twice = {"a key twice": "INSERT INTO stations VALUES ('3390TH')"}
    assert refusals.accepted(place.database(), fine | twice) == ["it works"]
    assert sqlite.accepted(refusals.SETUP, fine | twice) == ["it works"]

    def refuses_all(accepted: Callable[[], list[str]]) -> None:
        taken = accepted()
        assert not taken, f"{len(taken)} of {count} are taken: {', '.join(taken)}"

    twins(
        refuses_all,
        good=lambda: refusals.accepted(place.database()),
        bad=lambda: sqlite.accepted(refusals.SETUP, refusals.MUST_FAIL),
        harm="6 of 6 are taken: a text is a level, 30 February is a day, 7 characters",
    )


@pytest.mark.rule("IT-1")
def test_another_major_is_refused() -> None:
    new_database = example("conftest").new_database
    with PostgresServer(bundled_binaries(16)) as older:
        with pytest.raises(RuntimeError) as refused:
            with new_database(older.url):
                pass
    assert str(refused.value) == "test on PostgreSQL 18, not 16"


@pytest.mark.rule("IT-7")
def test_what_one_test_leaves_no_other_meets(place: Place) -> None:
    shared = place.database()

    def one_test(new_database: Callable[[str], Any]) -> int:
        with new_database(shared) as url, psycopg.connect(url, autocommit=True) as own:
            own.execute("CREATE TABLE IF NOT EXISTS levels (value double precision)")
            own.execute("INSERT INTO levels VALUES (0.4)")
            return int(own.execute("SELECT count(*) FROM levels").fetchall()[0][0])

    def is_alone(module: Any) -> None:
        found = [one_test(module.new_database) for _ in range(2)]
        assert found == [1, 1], f"the second test finds {found[1]} rows instead of 1"

    twins(
        is_alone,
        good=example("conftest"),
        bad=example("wrong/one_database_for_all"),
        harm="the second test finds 2 rows instead of 1",
    )


@pytest.mark.rule("IT-7")
def test_a_failed_test_leaves_nothing(place: Place) -> None:
    query = "SELECT count(*) FROM pg_database WHERE datname LIKE 'test\\_%'"
    with psycopg.connect(place.server_url) as server:
        before = server.execute(query).fetchone()
    with pytest.raises(ZeroDivisionError):
        with example("conftest").new_database(place.server_url) as url:
            psycopg.connect(url)  # and nobody closes it
            raise ZeroDivisionError
    with psycopg.connect(place.server_url) as server:
        assert server.execute(query).fetchone() == before


# --- IT-2: twice, and in any order ----------------------------------------------------

ONLY_NEWER = """
    AND new.observed_at > (
        SELECT coalesce(max(observed_at), '-infinity') FROM raw.readings
    )
"""


@pytest.mark.rule("IT-2")
def test_only_another_order_finds_what_depends_on_the_order(
    new_pipeline: Callable[[], Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = example("test_windows")
    suite = good.test_windows_end_alike_when_run_in_any_order_or_twice
    tidy = example("wrong/runs_once_in_order").test_two_windows_are_loaded
    suite(new_pipeline)
    tidy(new_pipeline)
    original = sql.read

    def planted(name: str) -> str:
        return original(name) + ONLY_NEWER * (name == "insert")

    monkeypatch.setattr(sql, "read", planted)
    assert ONLY_NEWER in sql.read("insert")

    def backfilled() -> str:
        found = good.after(new_pipeline(), [good.B, good.A])
        return f"a backfill loads {len(found['raw.readings'])} of 7 readings"

    twins(
        lambda tests: finds(partial(tests, new_pipeline), backfilled),
        good=suite,
        bad=tidy,
        harm="all is green, and a backfill loads 5 of 7 readings",
    )


# --- IT-3: killed between steps -------------------------------------------------------


@pytest.mark.rule("IT-3")
@pytest.mark.parametrize("step", ["extract", "ingest", "transform"])
def test_a_run_may_be_killed_between_any_two_steps(
    step: str, pipeline: Pipeline, built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)  # it dies before it writes
    tests = example("test_crash")
    assert len(built.state["raw.readings"]) == 7

    tests.test_rerun_repairs_when_killed_after(step, pipeline, built.state)

    assert step in tests.STEPS[:-1]
    with pipeline.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT status FROM ops.runs ORDER BY started_at")
        first = "abandoned" if step == "extract" else "succeeded"
        assert [status for (status,) in rows] == [first, "succeeded"]


@pytest.mark.rule("IT-3")
def test_the_halts_alone_change_nothing(
    built: Built, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("go on\n" * 4))
    monkeypatch.setattr(sys, "argv", ["crash.py", *DAYS])
    variables = built.copy()

    with environment(**variables):
        runpy.run_path(str(FOLDER / "crash.py"), run_name="__main__")

    assert capsys.readouterr().out.split() == ["extract", "ingest", "transform", "serve"]
    assert example("state").state(variables["DATABASE_URL"]) == built.state


MARKER = """\
import pathlib, sys

def run(work):
    marker = pathlib.Path("running")
    if marker.exists():
        sys.exit("another run is at work")
    marker.touch()
    try:
        work()
    finally:
        marker.unlink()

def work():
    print("working", flush=True)
    sys.stdin.readline()

if __name__ == "__main__":
    run(work)
"""


@pytest.mark.rule("IT-3")
def test_only_a_kill_finds_what_is_tidied_up_by_the_run_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    program = tmp_path / "marked.py"
    program.write_text(MARKER, "utf-8")
    command = [sys.executable, str(program)]
    monkeypatch.chdir(tmp_path)
    killed_after = example("crash").killed_after
    crashed = example("wrong/raises_instead").crashed
    run = runpy.run_path(str(program))["run"]

    def leaves_no_lock(crash: Callable[[], bool]) -> None:
        assert crash()
        done = subprocess.run(
            command, input="", capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode, "all is green; killed, it never runs again"

    # First the one that tidies up: after a kill the marker stays.
    with pytest.raises(AssertionError, match="never runs again"):
        leaves_no_lock(lambda: crashed(run))
    assert not crashed(lambda fails: None)
    assert not killed_after("another step", command)

    twins(
        leaves_no_lock,
        good=lambda: killed_after("working", command),
        bad=lambda: Path("running").unlink() is None and crashed(run),
        harm="all is green; killed, it never runs again",
    )


# --- IT-4: the contract ---------------------------------------------------------------


@pytest.mark.rule("IT-4")
def test_recorded_replies_keep_the_contract(tmp_path: Path) -> None:
    check = example("test_contract").test_reply_follows_the_schema_when_recorded
    check("readings.json", FOLDER / "replies", SCHEMA)
    validate_schema(f"examples/{HERE}/replies/readings.json", str(SCHEMA))

    changed = (FOLDER / "replies/readings.json").read_text("utf-8")
    (tmp_path / "readings.json").write_text(changed.replace("dateTime", "timestamp"), "utf-8")
    with pytest.raises(jsonschema.ValidationError) as broken:
        check("readings.json", tmp_path, SCHEMA)
    assert broken.value.message == "'dateTime' is a required property"


def test_the_recorded_source_answers_what_was_recorded() -> None:
    with example("recorded_api").recorded_api() as url:
        reply = requests.get(f"{url}/id/stations/G1TH/readings?_limit=10", timeout=10)
        other = requests.get(f"{url}/id/stations/G2TH/readings", timeout=10)

    assert reply.content == (FOLDER / "replies/readings.json").read_bytes()
    assert other.json() == {"items": []}


NIGHTLY = "/id/stations/4070TH/readings?_limit=1"


@pytest.mark.rule("IT-4")
def test_the_source_warns_at_night_and_blocks_nobody(
    flood_api: ReplayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    url = flood_api.url + NIGHTLY

    def blocks_nobody(module: Any) -> None:
        flood_api.misbehave(Fault.SERVER_ERROR, path="/id/stations")
        code = module.main(url, str(SCHEMA))
        flood_api.behave()
        assert code == 0, "no pull request can be merged while the source is down"

    twins(
        blocks_nobody,
        good=example("smoke"),
        bad=example("wrong/live_in_every_test"),
        harm="no pull request can be merged",
    )
    assert "::warning title=Source::the source does not answer" in capsys.readouterr().out


@pytest.mark.rule("IT-4")
def test_the_warning_says_what_changed(
    flood_api: ReplayServer, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smoke = example("smoke")
    url = flood_api.url + NIGHTLY
    assert smoke.warning(url, SCHEMA) is None
    assert len(flood_api.requests) == 1, "one request a night"
    stricter = tmp_path / "schema.json"
    stricter.write_text('{"required": ["meta", "next"]}', "utf-8")
    monkeypatch.setattr(sys, "argv", ["smoke.py", url, str(stricter)])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(FOLDER / "smoke.py"), run_name="__main__")

    assert ended.value.code == 0
    said = smoke.warning(url, stricter)
    assert said == "record the replies anew: 'next' is a required property"


UV = '#!/usr/bin/env bash\nshift 2\nexec "$@"\n'


@pytest.mark.rule("IT-4")
def test_the_nightly_workflow_asks_once_and_warns(
    flood_api: ReplayServer, tmp_path: Path
) -> None:
    """tests/orchestration/test_github_actions.py has GitHub's schema and zizmor read it."""
    tests = tmp_path / "tests/integration"
    tests.mkdir(parents=True)
    shutil.copy(FOLDER / "smoke.py", tests)
    shutil.copy(SCHEMA, tests / "readings.schema.json")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (("uv", UV), ("pip", "#!/usr/bin/env bash\n")):
        (tools / name).write_text(text, encoding="utf-8", newline="\n")
        (tools / name).chmod(0o755)
    path = [str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]
    canary = FOLDER / "canary.yml"
    job = load_example("lifecycle/ci-cd/local_run.py").Job(canary, "ask", {})
    variables = {"PATH": os.pathsep.join(path), "SOURCE": flood_api.url}

    well = job.run(tmp_path, **variables)[-1]
    asked = len(flood_api.requests)
    flood_api.misbehave(Fault.SERVER_ERROR, path="/id/stations")
    ill = job.run(tmp_path, **variables)[-1]

    assert (well.outcome, well.text) == ("success", "")
    assert asked == 1, "one request a night"
    assert ill.outcome == "success"
    assert "::warning title=Source::the source does not answer" in ill.text
    ref = f"examples/{HERE}/canary.yml"
    tool = "its script run by bash, with stand-ins for uv and pip"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, tool))


# --- IT-5: the golden dataset ---------------------------------------------------------


def exported(pipeline: Pipeline) -> str:
    """Return the columns of the export that the golden rows have."""
    key = "exports/river_levels_daily.csv"
    stored = boto3.client("s3").get_object(Bucket=pipeline.store.bucket, Key=key)
    rows = list(csv.DictReader(stored["Body"].read().decode().splitlines()))
    kept = [
        name for name in rows[0] if not name.startswith(("station", "river", "meas", "unit"))
    ]
    return "\n".join([",".join(kept), *(",".join(row[n] for n in kept) for row in rows)])


@pytest.mark.rule("IT-5")
def test_only_golden_rows_find_a_wrong_column(built: Built, tmp_path: Path) -> None:
    good = example("test_end_to_end").test_export_is_golden_when_three_days_were_run
    tidy = example("wrong/counts_rows").test_export_has_a_row_for_each_day
    with built.place.pipeline(built.variables) as pipeline:
        pipeline.transform = lambda *ignored: None  # type: ignore[method-assign,assignment]
        good(pipeline)
        tidy(pipeline)
        assert_output(f"examples/{HERE}/golden/river_levels_daily.csv", exported(pipeline))
    project = tmp_path / "dbt"
    shutil.copytree(DBT, project, ignore=shutil.ignore_patterns("target", "logs"))
    view = project / "models/serving/river_levels_daily.sql"
    text = view.read_text("utf-8")
    slip = text.replace("round(by_day.highest::numeric", "round(by_day.average::numeric")
    assert slip != text
    view.write_text(slip, "utf-8")

    variables = built.copy() | built.place.variables(built.url)
    variables["DATABASE_URL"] = built.copy()["DATABASE_URL"]
    with built.place.pipeline(variables) as pipeline:
        pipeline.settings.dbt_project_dir = project
        transform = partial(pipeline.transform, "--select", "river_levels_daily")
        pipeline.transform = transform  # type: ignore[method-assign]

        def published() -> str:
            query = (
                "SELECT highest FROM serving.river_levels_daily"
                " WHERE local_date = '2026-03-29'"
            )
            with pipeline.engine.connect() as connection:
                highest = connection.exec_driver_sql(query).scalar()
            return f"29 March peaks at {highest} instead of 0.800"

        twins(
            lambda tests: finds(partial(tests, pipeline), published),
            good=good,
            bad=tidy,
            harm="all is green, and 29 March peaks at 0.700 instead of 0.800",
        )


# --- IT-6: as the role that runs ------------------------------------------------------


@contextmanager
def logins(url: str) -> Iterator[Callable[[str], psycopg.Connection[Any]]]:
    """Make logins that are members of a role, for as long as a test runs."""
    made = []
    with psycopg.connect(url, autocommit=True) as admin:

        def login(role: str) -> psycopg.Connection[Any]:
            if not role:
                return psycopg.connect(url)
            name, password = f"test_{secrets.token_hex(6)}", secrets.token_hex(8)
            admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE {role}")
            made.append(name)
            return psycopg.connect(url, user=name, password=password)

        yield login
        for name in made:
            admin.execute(f"DROP ROLE {name}")


@pytest.mark.rule("IT-6")
@pytest.mark.parametrize(
    ("planted", "harm"),
    [
        (
            "REVOKE SELECT ON serving.latest_river_levels FROM river_levels_ro",
            "the report says: permission denied for view latest_river_levels",
        ),
        (
            "GRANT USAGE ON SCHEMA raw TO river_levels_ro;"
            " GRANT SELECT ON raw.quarantine TO river_levels_ro",
            "every reader sees 2 quarantined items",
        ),
    ],
    ids=["too little", "too much"],
)
def test_only_the_role_itself_finds_a_wrong_grant(
    built: Built, planted: str, harm: str
) -> None:
    good = example("test_permissions").test_reader_sees_the_views_and_nothing_else
    tidy = example("wrong/tests_as_the_owner").test_reader_sees_the_views
    url = built.copy()["DATABASE_URL"]
    with logins(url) as login:
        good(login)
        assert login("").info.user == urlsplit(url).username
        with psycopg.connect(url) as owner:
            owner.execute(planted)

        def seen() -> str:
            with login("river_levels_ro") as reader:
                try:
                    reader.execute("SELECT FROM serving.latest_river_levels")
                    found = reader.execute("SELECT count(*) FROM raw.quarantine").fetchone()
                except psycopg.Error as error:
                    return f"the report says: {error}"
            return f"every reader sees {found[0] if found else 0} quarantined items"

        def is_noticed(tests: Callable[..., object]) -> None:
            try:
                tests(login)
            except (psycopg.Error, pytest.fail.Exception):
                return
            raise AssertionError(f"all is green, and {seen()}")

        twins(is_noticed, good=good, bad=tidy, harm=harm)


# --- IT-8: from the last release ------------------------------------------------------


@pytest.mark.rule("IT-8")
def test_only_rows_find_a_migration_that_forgets_them(
    new_pipeline: Callable[[], Pipeline],
) -> None:
    tests = example("test_migration")
    forgets = FOLDER / "wrong" / "versions"
    empty = new_pipeline().engine
    tests.upgrade(empty, forgets)
    with empty.connect() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM ops.alembic_version")
        assert version.scalar_one() == "0002", "on empty tables all is well"

    def upgrades(versions: Path) -> None:
        pipeline = new_pipeline()
        pipeline.ingest(THREE_DAYS, "test")
        try:
            tests.test_rows_are_all_there_when_the_last_release_is_upgraded(
                pipeline.engine, versions
            )
        except DBAPIError as error:
            raise AssertionError(f"the deployment ends with: {error.orig}") from error

    twins(
        upgrades,
        good=FOLDER / "versions",
        bad=forgets,
        harm='the deployment ends with: column "town" of relation "stations" contains null',
    )


# --- IT-9: restored -------------------------------------------------------------------


@pytest.mark.rule("IT-9")
def test_a_restored_database_is_whole_and_goes_on(built: Built, tmp_path: Path) -> None:
    parts = urlsplit(built.url)
    path = os.pathsep.join([str(bundled_binaries()), os.environ["PATH"]])
    variables = {
        "PATH": path,
        "PGHOST": str(parts.hostname),
        "PGPORT": str(parts.port),
        "PGUSER": str(parts.username),
        "PGPASSWORD": str(parts.password),
        "PGDATABASE": parts.path.removeprefix("/"),
    }
    state = example("state").state

    def goes_on(script: str) -> None:
        name = f"test_{secrets.token_hex(6)}"
        built.place._databases.append(name)
        run_shell(
            f"examples/{HERE}/{script}", cwd=tmp_path, env=variables | {"RESTORED": name}
        )
        url = with_database(built.url, name)
        try:
            assert state(url) == built.state
        except psycopg.Error as error:
            raise AssertionError(f"restored, and {error}") from error
        with built.place.pipeline(built.variables | {"DATABASE_URL": url}) as pipeline:
            counts, _ = pipeline.ingest(THREE_DAYS, "test")
        assert (counts.inserted, counts.unchanged) == (0, 7)

    twins(
        goes_on,
        good="restore.sh",
        bad="wrong/keep_the_marts.sh",
        harm='restored, and relation "raw.readings" does not exist',
    )


# --- IT-10: nobody's data -------------------------------------------------------------


@pytest.mark.rule("IT-10")
def test_no_value_of_production_is_in_a_test() -> None:
    synthetic = example("synthetic")
    masked = example("wrong/masks_an_extract")
    # Production, as it might be: invented too, by other numbers.
    production = [
        row | {"description": f"call me on {row['phone']}"}
        for row in (
            {"phone": f"01632 960{n:03d}", "name": "A", "email": ""} for n in range(20)
        )
    ]
    phones = [row["phone"] for row in production]

    def is_nobodys(rows: list[dict[str, str]]) -> None:
        text = repr(rows)
        found = sum(phone in text for phone in phones)
        assert not found, f"{found} of 20 residents can still be called"

    rows = synthetic.reports(20)
    assert rows == synthetic.reports(20)
    assert len({row["report_id"] for row in rows}) == 20
    assert all(row["email"].endswith("@example.org") for row in rows)
    twins(
        is_nobodys,
        good=rows,
        bad=masked.reports(production),
        harm="20 of 20 residents can still be called",
    )
