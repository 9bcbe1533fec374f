"""Fixtures of every test: the engines, started once in each worker.

``DATABASE_URL`` and ``AWS_ENDPOINT_URL`` name real services instead;
``--aws-engine localstack`` repeats tests on LocalStack, ``--postgres 16`` or
``--postgres system`` on another PostgreSQL.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from guidance.engines import (
    AwsEngine,
    EngineError,
    PostgresServer,
    ReplayServer,
    aws,
    environment,
    localstack,
)
from guidance.engines.aws import REGION
from guidance.engines.events import announce
from guidance.engines.postgres import (
    CHOICE,
    create_database,
    drop_database,
    server_version,
    with_database,
)
from guidance.engines.switch import Switch
from guidance.engines.terraform import Workspace
from guidance.evidence.host import Host
from guidance.paths import EXAMPLES

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from river_levels.pipeline import Pipeline

DATABASE = f"test_{secrets.token_hex(6)}"
"""Each test has a new database, always of the same name: dbt then parses once."""

# Terraform and its providers live for two seconds: without a collector of garbage they
# take a third less of the processor.
os.environ.setdefault("GOGC", "off")
os.environ.setdefault("GOMEMLIMIT", "1GiB")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Choose the engines of this run."""
    parser.addoption(
        "--aws-engine",
        choices=["", "localstack"],
        default="",
        help="repeat tests on this emulator instead of moto or AWS_ENDPOINT_URL",
    )
    parser.addoption(
        "--postgres",
        choices=["", "16", "system"],
        default="",
        help="repeat tests on this PostgreSQL instead of 18 or DATABASE_URL",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let every server that a test starts be the chosen one."""
    if choice := config.getoption("postgres"):
        os.environ[CHOICE] = choice
        os.environ.pop("DATABASE_URL", None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: a part of a run waits for servers."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: the one in DATABASE_URL, else an embedded one."""
    if url := os.environ.get("DATABASE_URL"):
        announce("PostgreSQL", server_version(url), "database")
        yield url
    else:
        with PostgresServer() as server:
            yield server.url


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A new, empty database, in DATABASE_URL too."""
    drop_database(postgres_url, DATABASE)
    create_database(postgres_url, DATABASE)
    url = with_database(postgres_url, DATABASE)
    with environment(DATABASE_URL=url):
        yield url
    drop_database(postgres_url, DATABASE)


@pytest.fixture(scope="session")
def parsed_models(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference pipeline's dbt project as dbt keeps it: it reads only what changed."""
    from river_levels.config import load_settings
    from river_levels.transform import run_dbt

    folder = tmp_path_factory.mktemp("parsed")
    variables = {
        "DATABASE_URL": with_database(postgres_url, DATABASE),
        "RIVER_LEVELS_API_URL": "http://127.0.0.1:9",  # nothing is asked
        "RIVER_LEVELS_BUCKET": "none",
    }
    with environment(**variables):
        run_dbt(load_settings(), "parse", "--target-path", str(folder))
    return folder / "partial_parse.msgpack"


@pytest.fixture(scope="session")
def aws_engine(pytestconfig: pytest.Config) -> Iterator[AwsEngine]:
    """The AWS emulator of this run, in the standard variables."""
    chosen = localstack if pytestconfig.getoption("aws_engine") else aws
    with chosen() as engine, environment(**engine.environment()):
        yield engine


@pytest.fixture
def s3(aws_engine: AwsEngine) -> "S3Client":
    """A client of the emulated S3."""
    return boto3.client("s3", region_name=REGION)


@pytest.fixture
def bucket(s3: "S3Client") -> Iterator[str]:
    """A new, empty bucket; it goes with everything in it."""
    name = f"test-{secrets.token_hex(6)}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield name
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        keys = [{"Key": found["Key"]} for found in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def terraform(tmp_path: Path) -> Callable[..., Workspace]:
    """Makes a copy of an example's configuration, its providers installed."""

    def copy(source: str, override: dict[str, Any] | None = None) -> Workspace:
        try:
            workspace = Workspace(EXAMPLES / source, tmp_path / "terraform", override)
            workspace.init()
        except EngineError as error:
            pytest.skip(str(error))
        return workspace

    return copy


@pytest.fixture
def switch() -> Iterator[Switch]:
    """A dead man's switch that answers."""
    with Switch() as made:
        yield made


@pytest.fixture
def host(tmp_path: Path, switch: Switch) -> Host:
    """A host that runs commands under the wrapper of the page on EC2."""
    return Host(tmp_path, "examples/lifecycle/ec2", switch.url)


@pytest.fixture
def flood_api() -> Iterator[ReplayServer]:
    """A replay of the flood-monitoring API, well behaved until told otherwise."""
    with ReplayServer() as server:
        yield server


@pytest.fixture
def pipeline(
    database_url: str, bucket: str, flood_api: ReplayServer, parsed_models: Path | None
) -> Iterator["Pipeline"]:
    """The reference pipeline on the engines, its tables made, nothing loaded."""
    from river_levels.config import load_settings
    from river_levels.pipeline import opened

    variables = {
        "RIVER_LEVELS_API_URL": flood_api.url,
        "RIVER_LEVELS_BUCKET": bucket,
        "RIVER_LEVELS_REQUESTS_PER_SECOND": "1000",
        "RIVER_LEVELS_RETRY_BUDGET_S": "20",
    }
    if parsed_models:
        variables["DBT_PARTIAL_PARSE_FILE_PATH"] = str(parsed_models)
    with environment(**variables), opened(load_settings()) as pipeline:
        pipeline.prepare()
        yield pipeline
