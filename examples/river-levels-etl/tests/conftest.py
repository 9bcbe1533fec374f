"""Fixtures of the pipeline's own tests.

PostgreSQL and S3 are those that DATABASE_URL and AWS_ENDPOINT_URL name, for
instance `docker compose up`; inside the guidance repository its embedded
engines serve instead. The source is recorded replies (invented values).
"""

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import hypothesis
import pytest
import responses
from sqlalchemy import create_engine, text

from river_levels.config import Settings, load_settings
from river_levels.pipeline import Pipeline, opened
from river_levels.windows import Window

# The same examples in every run, and no clock in the verdict.
hypothesis.settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.load_profile("steady")

API = "https://api.test/flood-monitoring"
FIXTURES = Path(__file__).with_name("fixtures")
NO_SERVICES = "set DATABASE_URL and AWS_ENDPOINT_URL (docker compose up)"


def recorded(name: str) -> Any:
    """Return a recorded reply."""
    return json.loads((FIXTURES / name).read_text("utf-8"))


def embedded(request: pytest.FixtureRequest, fixture: str) -> Any:
    """Start an engine of the guidance repository; skip the test outside it."""
    pytest.importorskip("guidance.engines", reason=NO_SERVICES)
    return request.getfixturevalue(fixture)


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> str:
    """The PostgreSQL server of this session."""
    return os.environ.get("DATABASE_URL") or embedded(request, "postgres_url")


@pytest.fixture(scope="session")
def aws_variables(request: pytest.FixtureRequest) -> object:
    """The AWS emulator of this session, in the standard variables."""
    return os.environ.get("AWS_ENDPOINT_URL") or embedded(
        request, "aws_engine"
    )


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """A new database, dropped at the end."""
    name = f"test_{secrets.token_hex(6)}"
    driver = server_url.replace("postgresql://", "postgresql+psycopg://")
    admin = create_engine(driver, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield f"{server_url.rpartition('/')[0]}/{name}"
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def bucket(aws_variables: object) -> str:
    """A new bucket."""
    name = f"test-{secrets.token_hex(6)}"
    boto3.client("s3").create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": "eu-west-2"},
    )
    return name


@pytest.fixture
def variables(
    database_url: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment of a run."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("RIVER_LEVELS_BUCKET", bucket)
    monkeypatch.setenv("RIVER_LEVELS_API_URL", API)
    monkeypatch.setenv("RIVER_LEVELS_REQUESTS_PER_SECOND", "1000")
    monkeypatch.setenv("RIVER_LEVELS_RETRY_BUDGET_S", "0")
    monkeypatch.setenv("RIVER_LEVELS_LOCK_WAIT_S", "0")


@pytest.fixture
def settings(variables: None) -> Settings:
    """The settings of a run."""
    return load_settings()


@pytest.fixture
def source() -> Iterator[responses.RequestsMock]:
    """The API: two stations; one has readings. S3 and others pass through."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_passthru("http://127.0.0.1")
        mock.get(f"{API}/id/stations", json=recorded("stations.json"))
        mock.get(
            f"{API}/id/stations/G1TH/readings",
            json=recorded("readings_g1th.json"),
        )
        mock.get(f"{API}/id/stations/G2TH/readings", json={"items": []})
        yield mock


@pytest.fixture
def pipeline(
    settings: Settings, source: responses.RequestsMock
) -> Iterator[Pipeline]:
    """The pipeline with its tables made and nothing loaded."""
    with opened(settings) as pipeline:
        pipeline.prepare()
        yield pipeline


@pytest.fixture
def window() -> Window:
    """The day on which the clocks went forward."""
    return Window.parse("2026-03-29", "2026-03-30")
