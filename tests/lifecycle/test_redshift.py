"""Proofs of docs/lifecycle/redshift.md.

Nothing here is Redshift: SQL is parsed by its dialect, or run on PostgreSQL where both say
the same, and the page says which.
"""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import psycopg
import pytest
import sqlfluff
import yaml
from botocore.stub import Stubber
from sqlfluff.api.simple import APIParsingError

from guidance.engines import EngineError
from guidance.engines.aws import REGION
from guidance.engines.terraform import Plan, Workspace
from guidance.evidence import load_example, prove_plan, regions, run_shell, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES

HERE = "lifecycle/redshift"
FOLDER = EXAMPLES / HERE
SQLFLUFF = f"sqlfluff {importlib.metadata.version('sqlfluff')}, redshift"
DBT = f"dbt-redshift {importlib.metadata.version('dbt-redshift')}"


def text_of(name: str) -> str:
    """Return an example's text, as the page shows it."""
    return regions.find(f"examples/{HERE}/{name}").text


def validated(name: str, tool: str) -> None:
    """Note that a tool which refuses what is wrong read this file."""
    ref = f"examples/{HERE}/{name}"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.VALIDATED, tool))


def pair(good: str, wrong: str) -> dict[str, ModuleType]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


# --- SQL that Redshift would take -----------------------------------------------------


@pytest.mark.parametrize(
    ("good", "bad", "harm"),
    [
        pytest.param(
            "copy.sql",
            "wrong/copy_prefix.sql",
            "loads whatever begins like that.*doubles what is there",
            marks=pytest.mark.rule("RS-3"),
        ),
        pytest.param(
            "merge.sql", "wrong/values.sql", "row by row", marks=pytest.mark.rule("RS-3")
        ),
        pytest.param(
            "roles.sql",
            "wrong/local_password.sql",
            "a password of its own",
            marks=pytest.mark.rule("RS-7"),
        ),
        pytest.param(
            "view.sql",
            "wrong/bound_view.sql",
            "every column.*nobody can replace its tables",
            marks=pytest.mark.rule("RS-9"),
        ),
    ],
)
def test_sql_for_redshift(good: str, bad: str, harm: str) -> None:
    policy = load_example(f"{HERE}/redshift_policy.py")

    def is_sound(name: str) -> None:
        found = list(policy.faults(text_of(name)))
        validated(name, SQLFLUFF)
        assert found == [], "; ".join(found)

    twins(is_sound, good=good, bad=bad, harm=harm)


@pytest.mark.parametrize("name", ["tables.sql", "external.sql"])
def test_the_dialect_takes_it(name: str) -> None:
    policy = load_example(f"{HERE}/redshift_policy.py")

    found = list(policy.faults(text_of(name)))

    validated(name, SQLFLUFF)
    assert found == []


def test_the_policy_as_it_is_shown(tmp_path: Path) -> None:
    done = run_shell(f"examples/{HERE}/check.sh", cwd=FOLDER)
    broken = tmp_path / "broken.sql"
    broken.write_text("SELECT 1 FROM\n", "utf-8")
    command = [sys.executable, str(FOLDER / "redshift_policy.py"), str(broken)]

    refused = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout == "no fault\n"
    assert refused.returncode == 1
    assert "unparsable" in refused.stdout
    policy = load_example(f"{HERE}/redshift_policy.py")
    assert list(policy.faults("CREATE USER sam PASSWORD DISABLE;")) == []


def test_raw_is_a_reserved_word_there_and_not_here(database_url: str) -> None:
    statement = "SELECT level_m FROM raw.readings;"

    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA raw CREATE TABLE readings (level_m numeric)")
        assert connection.execute(statement.encode()).fetchall() == []

    with pytest.raises(APIParsingError, match="unparsable"):
        sqlfluff.parse(statement, dialect="redshift")


# --- RS-3: what is loaded -------------------------------------------------------------

DAYS = ("2026-01-1", "2026-01-10", "2026-01-11")


@pytest.mark.rule("RS-3")
def test_a_manifest_names_one_days_files(s3: Any, bucket: str) -> None:
    for day in DAYS:
        s3.put_object(Bucket=bucket, Key=f"levels/{day}/0.parquet", Body=b"PAR1" * len(day))
    s3.put_object(Bucket=bucket, Key="levels/2026-01-1/_SUCCESS", Body=b"")

    def is_that_day(module: ModuleType) -> None:
        found = json.loads(module.manifest(s3, bucket, "levels/2026-01-1"))["entries"]
        days = [entry["url"].split("/")[-2] for entry in found]
        assert set(days) == {"2026-01-1"}, f"also loads {sorted(set(days[1:]))}"
        assert found == [
            {
                "url": f"s3://{bucket}/levels/2026-01-1/0.parquet",
                "mandatory": True,
                "meta": {"content_length": 36},
            }
        ]

    modules = pair("manifest", "prefix_is_no_folder")
    twins(is_that_day, **modules, harm="also loads .*'2026-01-10', '2026-01-11'")
    with pytest.raises(LookupError, match="levels/2026-02-1/: no Parquet file"):
        modules["good"].manifest(s3, bucket, "levels/2026-02-1/")


# --- RS-3, RS-4: rows twice -----------------------------------------------------------

ROWS = [
    ("3400TH-level", "2026-03-01 00:00Z", "0.441", "2026-03-01 00:07Z"),
    ("3400TH-level", "2026-03-01 00:15Z", "0.450", "2026-03-01 00:22Z"),
    ("3400TH-level", "2026-03-01 00:15Z", "0.452", "2026-03-01 01:07Z"),
    ("2756TH-level", "2026-03-01 00:00Z", "0.120", "2026-03-01 00:07Z"),
]


@pytest.fixture
def warehouse(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """PostgreSQL with a table that enforces as little as Redshift's."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA raw_data")
        connection.execute(
            "CREATE TABLE raw_data.readings (measure_id varchar(200) NOT NULL, observed_at "
            "timestamptz NOT NULL, level_m numeric(8, 3), fetched_at timestamptz NOT NULL)"
        )
        connection.execute("CREATE TEMP TABLE readings_new (LIKE raw_data.readings)")
        yield connection


def load(connection: psycopg.Connection[Any], script: str) -> None:
    """Fill the staging table, as COPY would, and run a script of the page."""
    connection.execute("TRUNCATE readings_new")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO readings_new VALUES (%s, %s, %s, %s)", ROWS)
    connection.execute(text_of(script))


@pytest.mark.rule("RS-3", "RS-4")
def test_loaded_twice_is_loaded_once(warehouse: psycopg.Connection[Any]) -> None:
    def keeps_three(script: str) -> None:
        warehouse.execute("TRUNCATE raw_data.readings")
        for _ in range(2):
            load(warehouse, script)
        found = warehouse.execute(
            "SELECT count(*), count(DISTINCT (measure_id, observed_at)), max(level_m) "
            "FROM raw_data.readings"
        ).fetchone()
        assert found is not None
        assert found[0] == 3, f"{found[0]} rows of {found[1]} readings"
        assert str(found[2]) == "0.452"

    twins(keeps_three, good="merge.sql", bad="wrong/appends.sql", harm="8 rows of 3 readings")


@pytest.fixture(scope="module")
def compiled(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Path, "subprocess.Popen[str]"]]:
    """The page's dbt project, being compiled for Redshift, without a connection."""
    folder = tmp_path_factory.mktemp("dbt") / "dbt"
    shutil.copytree(FOLDER / "dbt", folder)
    program = Path(sys.executable).with_name("dbt")
    words = text_of("compile.sh").split()[1:]
    process = subprocess.Popen(
        [str(program), *words],
        cwd=folder,
        env=os.environ | {"DO_NOT_TRACK": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield folder, process
    process.kill()
    process.communicate()


@pytest.mark.rule("RS-4")
def test_a_test_of_dbt_finds_what_no_key_prevents(
    compiled: tuple[Path, "subprocess.Popen[str]"], warehouse: psycopg.Connection[Any]
) -> None:
    folder, process = compiled
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    made = folder / "target" / "compiled" / "river_levels" / "models"
    for name in ("dbt/models/readings.sql", "dbt/models/_readings.yml", "dbt/profiles.yml"):
        validated(name, DBT)
    validated("compile.sh", DBT)
    settings = yaml.safe_load(text_of("dbt/profiles.yml"))["river_levels"]["outputs"]
    assert "password" not in settings["development"]

    # The compiled model and its test are plain SQL, which PostgreSQL runs too.
    model = (made / "readings.sql").read_text("utf-8")
    unique = (made / "_readings.yml" / "unique_readings_reading_key.sql").read_text("utf-8")
    warehouse.execute("CREATE SCHEMA marts")
    warehouse.execute(f"CREATE VIEW marts.readings AS {model}".encode())
    asked = unique.replace('"river_levels".', "").encode()
    load(warehouse, "merge.sql")
    assert warehouse.execute(asked).fetchall() == []
    load(warehouse, "wrong/appends.sql")
    found = warehouse.execute(asked).fetchall()
    assert sorted(count for _, count in found) == [2, 2, 3]


# --- RS-2: what it may cost -----------------------------------------------------------


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    """The plan of the page, and that of its counter-example."""
    settings = {
        "copy_role_arn": "arn:aws:iam::000000000000:role/CopyRole",
        "subnet_ids": ["subnet-1", "subnet-2", "subnet-3"],
        "security_group_ids": ["sg-1"],
    }
    found = {}
    try:
        for source, given in {HERE: settings, f"{HERE}/wrong/unlimited": {}}.items():
            alone = tmp_path_factory.mktemp("source")
            shutil.copy(EXAMPLES / source / "main.tf", alone)
            workspace = Workspace(alone, tmp_path_factory.mktemp("plan") / "terraform")
            workspace.init()
            found[source] = workspace.plan(given)
    except EngineError as error:
        pytest.skip(str(error))
    return found


@pytest.mark.rule("RS-2")
def test_there_is_a_limit_to_what_a_day_costs(plans: dict[str, Plan]) -> None:
    def is_limited(source: str) -> None:
        prove_plan(plans[source], f"examples/{source}")
        found = plans[source].resources
        group = found["aws_redshiftserverless_workgroup.this"]
        limit = found.get("aws_redshiftserverless_usage_limit.this", {})
        faults = {
            "no limit": limit.get("breach_action") != "deactivate",
            f"from {group['base_capacity']} RPU": group["base_capacity"] > 8,
            "no most": not group.get("max_capacity"),
            "public": group["publicly_accessible"] is not False,
        }
        said = [fault for fault, is_so in faults.items() if is_so]
        assert said == [], ", ".join(said)

    twins(
        is_limited,
        good=HERE,
        bad=f"{HERE}/wrong/unlimited",
        harm="no limit, from 128 RPU, no most, public",
    )


def test_serverless_has_no_pause() -> None:
    """The page says so: AWS's own model of the service names no such operation."""
    names = boto3.client("redshift-serverless", region_name=REGION).meta.service_model

    assert [name for name in names.operation_names if re.search("Pause|Resume", name)] == []


# --- RS-8: without a connection -------------------------------------------------------


def answering(*statuses: dict[str, Any]) -> tuple[Any, Stubber]:
    """Return a client of the Data API that answers so, one after the other."""
    client = boto3.client("redshift-data", region_name=REGION)
    stub = Stubber(client)
    sent = {
        "WorkgroupName": "river-levels-development",
        "Database": "river_levels",
        "Sql": "CALL load()",
        "ClientToken": "2026-03-01",
    }
    stub.add_response("execute_statement", {"Id": "1"}, sent)
    for status in statuses:
        stub.add_response("describe_statement", {"Id": "1", **status}, {"Id": "1"})
    stub.activate()
    return client, stub


@pytest.mark.rule("RS-8")
def test_a_failed_statement_is_an_error() -> None:
    def tells(module: ModuleType) -> None:
        failed = {"Status": "FAILED", "Error": 'relation "readings_new" does not exist'}
        client, _ = answering({"Status": "STARTED"}, failed)
        said = ""
        try:
            rows = module.run(client, "CALL load()", "2026-03-01", sleep=lambda s: None)
            said = f"reports {rows} row of a statement that FAILED"
        except RuntimeError as error:
            assert str(error) == 'relation "readings_new" does not exist'
        assert said == ""

    twins(
        tells,
        **pair("data_api", "sent_is_not_done"),
        harm="reports 1 row of a statement that FAILED",
    )


def test_a_statement_is_awaited_and_then_cancelled() -> None:
    module = load_example(f"{HERE}/data_api.py")
    waits: list[float] = []
    done = {"Status": "FINISHED", "ResultRows": 12}
    client, stub = answering({"Status": "PICKED"}, done)

    assert module.run(client, "CALL load()", "2026-03-01", sleep=waits.append) == 12
    assert waits == [2]
    stub.assert_no_pending_responses()

    client, stub = answering({"Status": "STARTED"})
    stub.add_response("cancel_statement", {"Status": True}, {"Id": "1"})
    with pytest.raises(module.StatementError, match="after 2 seconds: cancelled"):
        module.run(client, "CALL load()", "2026-03-01", limit_s=2, sleep=waits.append)
    stub.assert_no_pending_responses()
