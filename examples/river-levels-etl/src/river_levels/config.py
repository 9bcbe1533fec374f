"""Settings from the environment, checked once, before anything happens."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from river_levels.errors import ConfigError

REAL_API = "https://environment.data.gov.uk/flood-monitoring"
POSTGRES = {"postgres", "postgresql"}
PROJECT = Path(__file__).parents[2]


class Settings(BaseSettings):
    """What a run needs to know.

    Each setting is an environment variable of the same name in capitals with
    the prefix ``RIVER_LEVELS_``, except ``DATABASE_URL``. AWS is configured by
    its own standard variables.
    """

    model_config = SettingsConfigDict(env_prefix="RIVER_LEVELS_")

    bucket: Annotated[str, Field(min_length=3, max_length=63)]
    """S3 bucket of raw objects and exports."""
    database_url: Annotated[SecretStr, Field(validation_alias="DATABASE_URL")]
    """postgresql://user:password@host:port/database?sslmode=verify-full"""
    database_secret: str = ""
    """Entry in Secrets Manager with the user and password of that address."""
    api_url: str = REAL_API
    """Root of the flood-monitoring API."""
    contact: str = ""
    """An address in the User-Agent, so that the source can reach us."""
    requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 4.0
    """How fast we may ask the source at most."""
    retry_budget_s: Annotated[float, Field(ge=0)] = 300.0
    """How long one request may be retried before the run fails."""
    read_timeout_s: Annotated[float, Field(gt=0)] = 30.0
    """How long the source may be silent, and answer in all, per request."""
    latitude: float = 51.39
    longitude: float = -0.22
    distance_km: Annotated[float, Field(gt=0)] = 9.0
    """The circle whose gauges we read: Kingston and Sutton."""
    max_quarantine_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """A load with a larger share of bad rows fails (from 100 rows on)."""
    lock_wait_s: Annotated[float, Field(ge=0)] = 60.0
    """How long to wait for another run before giving up."""
    lambda_reserve_s: Annotated[float, Field(ge=0)] = 60.0
    """A function with less time left hands the rest to the next one."""
    dbt_project_dir: Path = PROJECT / "dbt"
    """Folder of dbt_project.yml."""
    schema_prefix: str = ""
    """Prefix of the dbt schemas, for a developer's own copies."""
    log_level: Annotated[str, Field(pattern="DEBUG|INFO|WARNING|ERROR")] = (
        "INFO"
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, url: SecretStr) -> SecretStr:
        scheme, found, _ = url.get_secret_value().partition("://")
        if not found or scheme.partition("+")[0] not in POSTGRES:
            raise ValueError(
                "is no PostgreSQL address: write it like "
                "postgresql://user@host:5432/database"
            )
        return url

    @model_validator(mode="after")
    def _names_a_contact(self) -> Self:
        host = urlsplit(self.api_url).hostname
        if host == urlsplit(REAL_API).hostname and not self.contact:
            raise ValueError(
                "RIVER_LEVELS_CONTACT is needed for the real API: "
                "set it to your team's e-mail address"
            )
        return self

    @property
    def libpq_url(self) -> str:
        """The database URL as psql and psycopg want it."""
        _, _, rest = self.database_url.get_secret_value().partition("://")
        return f"postgresql://{rest}"

    @property
    def sqlalchemy_url(self) -> str:
        """The database URL as SQLAlchemy wants it: the driver is named."""
        return self.libpq_url.replace("postgresql", "postgresql+psycopg", 1)


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigError: naming every variable that is missing or wrong.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigError(_faults(error), "see README.md, Settings") from error


def _faults(error: ValidationError) -> str:
    faults = []
    for fault in error.errors(include_url=False, include_input=False):
        names = [str(part) for part in fault["loc"]]
        name = ".".join(names).upper()
        if name and name != "DATABASE_URL":
            name = f"RIVER_LEVELS_{name}"
        message = "is not set" if fault["type"] == "missing" else fault["msg"]
        faults.append(
            f"{name} {message.removeprefix('Value error, ')}".strip()
        )
    return "; ".join(faults)
