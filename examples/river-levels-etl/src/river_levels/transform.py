"""Transform: run the dbt project beside this package."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine

from river_levels.config import Settings
from river_levels.database import exclusive
from river_levels.errors import ConfigError, TransformError

log = logging.getLogger(__name__)

SHOWN_FAILURES = 3
SHOWN_LINES = 4

_LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


@dataclass(frozen=True)
class Outcome:
    """What dbt did: nodes by status, such as 13 success, 26 pass."""

    statuses: dict[str, int]


def transform(settings: Settings, engine: Engine, *arguments: str) -> Outcome:
    """Build and test every model, one run at a time.

    Args:
        arguments: for ``dbt build``, such as ``--full-refresh``.

    Raises:
        BusyError: if another run is building.
        TransformError: if a model or a test fails, naming it.
        ConfigError: if dbt or its project is missing.
    """
    with exclusive(engine, "transform", settings.lock_wait_s):
        outcome = run_dbt(settings, "build", *arguments)
    log.info("transform.done", extra=outcome.statuses)
    return outcome


def run_dbt(settings: Settings, command: str, *arguments: str) -> Outcome:
    """Run one dbt command in this process; its files go to a temporary place.

    Raises:
        TransformError: if it fails, naming the first nodes that did.
        ConfigError: if dbt or its project is missing.
    """
    try:
        from dbt.cli.main import dbtRunner
    except ImportError as error:
        raise ConfigError(
            "dbt is not installed", "install river-levels-etl[dbt]"
        ) from error
    project = settings.dbt_project_dir
    if not (project / "dbt_project.yml").exists():
        raise ConfigError(
            f"there is no dbt project in {project}",
            "set RIVER_LEVELS_DBT_PROJECT_DIR",
        )
    with TemporaryDirectory() as scratch, _environment(settings):
        result = dbtRunner().invoke(
            [command, *_places(project, scratch), *arguments]
        )
    nodes = getattr(result.result, "results", [])
    statuses: dict[str, int] = {}
    for node in nodes:
        statuses[str(node.status)] = statuses.get(str(node.status), 0) + 1
    if not result.success:
        raise TransformError(
            f"dbt {command} failed: {_failures(nodes, result.exception)}",
            "the tables keep their last good state; mend it and run again",
        )
    return Outcome(statuses)


def _places(project: Path, scratch: str) -> list[str]:
    return [
        *("--project-dir", str(project), "--profiles-dir", str(project)),
        *("--target-path", scratch, "--log-path", scratch),
        *("--log-level", "none", "--log-level-file", "none"),
        "--no-write-json",
    ]


def _failures(nodes: list[Any], exception: BaseException | None) -> str:
    bad = [
        f"{node.node.name} ({' '.join(str(node.message).split())})"
        for node in nodes
        if str(node.status) in {"error", "fail"}
    ]
    if not bad:
        lines = str(exception).split("\n")[:SHOWN_LINES]
        return " ".join(" ".join(lines).split())
    more = f" and {len(bad) - SHOWN_FAILURES} more"
    return "; ".join(bad[:SHOWN_FAILURES]) + more * (len(bad) > SHOWN_FAILURES)


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """Give dbt the connection in libpq's variables, for profiles.yml."""
    parts = conninfo_to_dict(settings.libpq_url)
    variables = {
        name: str(parts[key]) for key, name in _LIBPQ.items() if key in parts
    }
    variables["RIVER_LEVELS_SCHEMA_PREFIX"] = settings.schema_prefix
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
