"""Passwords that lie apart: asked for, kept for minutes, never shown."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from river_levels import secrets
from river_levels.config import Settings
from river_levels.errors import ConfigError


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    secrets._kept.clear()
    yield
    secrets._kept.clear()


@pytest.fixture
def vault() -> Iterator[tuple[Any, Stubber]]:
    """Secrets Manager, and what it will say."""
    client = boto3.client(
        "secretsmanager",
        region_name="eu-west-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with Stubber(client) as stub:
        yield client, stub


def says(stub: Stubber, text: str) -> None:
    """Prepare one answer."""
    stub.add_response("get_secret_value", {"SecretString": text})


def test_a_value_is_asked_for_once_in_five_minutes(
    vault: tuple[Any, Stubber],
) -> None:
    client, stub = vault
    says(stub, "old")
    says(stub, "rotated")
    now = 1_000.0

    def clock() -> float:
        return now

    assert secrets.secret(client, "/levels/db", clock) == "old"
    now += 299
    assert secrets.secret(client, "/levels/db", clock) == "old"
    now += 1
    assert secrets.secret(client, "/levels/db", clock) == "rotated"


def test_a_refusal_names_the_entry(vault: tuple[Any, Stubber]) -> None:
    client, stub = vault
    stub.add_client_error("get_secret_value", "AccessDeniedException")

    with pytest.raises(ConfigError, match="the secret /levels/db cannot be"):
        secrets.secret(client, "/levels/db")

    assert secrets._kept == {}


@pytest.fixture
def settings(
    vault: tuple[Any, Stubber], monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Settings whose login lies apart."""
    monkeypatch.setattr(
        boto3.Session, "client", lambda self, name, config: vault[0]
    )
    url = "postgresql://db.example.org:5432/levels?sslmode=verify-full"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("RIVER_LEVELS_DATABASE_SECRET", "/levels/db")
    monkeypatch.setenv("RIVER_LEVELS_BUCKET", "levels")
    monkeypatch.setenv("RIVER_LEVELS_API_URL", "https://api.test")
    return Settings()


def test_the_login_is_put_into_the_address(
    vault: tuple[Any, Stubber], settings: Settings
) -> None:
    says(vault[1], json.dumps({"username": "etl", "password": "a/b:c@d"}))

    found = secrets.with_login(settings)

    assert found.libpq_url == (
        "postgresql://etl:a%2Fb%3Ac%40d@db.example.org:5432/levels"
        "?sslmode=verify-full"
    )
    assert "a%2Fb" not in repr(found)


@pytest.mark.parametrize("text", ["a", "[]", '{"username": "etl"}'])
def test_what_is_no_login_is_refused(
    vault: tuple[Any, Stubber], settings: Settings, text: str
) -> None:
    says(vault[1], text)

    with pytest.raises(ConfigError, match="/levels/db is no login"):
        secrets.with_login(settings)


def test_a_login_in_the_address_stays(settings: Settings) -> None:
    plain = settings.model_copy(update={"database_secret": ""})

    assert secrets.with_login(plain) is plain
