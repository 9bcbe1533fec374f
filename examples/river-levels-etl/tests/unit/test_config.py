"""Settings: checked at once, and every fault named in one line."""

import pytest

from river_levels.config import REAL_API, load_settings
from river_levels.errors import ConfigError

GOOD = {
    "DATABASE_URL": "postgresql://me:pass%40word@db.test:5433/levels",
    "RIVER_LEVELS_BUCKET": "levels",
    "RIVER_LEVELS_API_URL": "http://127.0.0.1:8000",
}


@pytest.fixture(autouse=True)
def good(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RIVER_LEVELS_CONTACT", "RIVER_LEVELS_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_the_driver_is_named_for_sqlalchemy_only() -> None:
    settings = load_settings()

    assert settings.libpq_url == GOOD["DATABASE_URL"]
    assert settings.sqlalchemy_url.startswith("postgresql+psycopg://me:pass")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg"])
def test_other_spellings_of_the_address_are_understood(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://me@db.test/levels")

    assert load_settings().libpq_url == "postgresql://me@db.test/levels"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("RIVER_LEVELS_BUCKET", None, "RIVER_LEVELS_BUCKET is not set"),
        ("DATABASE_URL", None, "DATABASE_URL is not set"),
        ("DATABASE_URL", "mysql://db", "DATABASE_URL is no PostgreSQL"),
        ("DATABASE_URL", "db.test", "DATABASE_URL is no PostgreSQL"),
        ("RIVER_LEVELS_REQUESTS_PER_SECOND", "0", "_PER_SECOND Input should"),
        ("RIVER_LEVELS_REQUESTS_PER_SECOND", "many", "_PER_SECOND Input"),
        ("RIVER_LEVELS_LOG_LEVEL", "LOUD", "RIVER_LEVELS_LOG_LEVEL String"),
        ("RIVER_LEVELS_API_URL", REAL_API, "RIVER_LEVELS_CONTACT is needed"),
    ],
)
def test_a_fault_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None, says: str
) -> None:
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match=says) as refused:
        load_settings()

    assert "\n" not in str(refused.value)
    assert "pass%40word" not in str(refused.value)


def test_the_real_api_is_the_default_and_wants_a_contact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RIVER_LEVELS_API_URL")
    monkeypatch.setenv("RIVER_LEVELS_CONTACT", "data@council.example")

    assert load_settings().api_url == REAL_API


def test_the_password_does_not_show() -> None:
    assert "pass%40word" not in repr(load_settings())
