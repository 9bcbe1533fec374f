"""What the proofs of docs/reference/proofs.md share: runs in processes, and their traces."""

import datetime as dt
import hashlib
import json
import os
import platform
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest

from guidance.engines import AwsEngine, ReplayServer
from guidance.engines.aws import REGION
from guidance.engines.postgres import create_database, drop_database, with_database
from guidance.evidence.outputs import UPDATE
from guidance.paths import EXAMPLES, ROOT
from river_levels import database
from river_levels.storage import ROOT as RAW_ZONE

CHILD = Path(__file__).with_name("child.py")
NEW_MALDEN = {"LATITUDE": "51.411", "LONGITUDE": "-0.247", "DISTANCE_KM": "1"}
"""Two gauges with six series: small enough to be run hundreds of times."""

RESULTS = EXAMPLES / "reference" / "proofs"

type State = dict[str, Counter[tuple[Any, ...]]]

QUERIES = {
    "readings": "SELECT measure_id, observed_at, value, page_no FROM raw.readings",
    "stations": "SELECT to_jsonb(s) - 'fetched_at' FROM raw.stations s",
    "measures": "SELECT to_jsonb(m) - 'fetched_at' FROM raw.measures m",
    "quarantine": """
        SELECT item_hash, dataset, reason, detail, payload, first_page_no FROM raw.quarantine
    """,
    # What every finished run of the window says. A run that was killed after its commit
    # has inserted the rows, and the next one finds them unchanged: so the sums count.
    "ledger": """
        SELECT DISTINCT window_start, window_end, rows_read, rows_kept, rows_quarantined,
               rows_outside_window, watermark, 0 AS running
        FROM ops.runs WHERE status = 'succeeded'
        UNION ALL
        SELECT NULL, NULL, sum(rows_inserted), sum(rows_corrected), NULL, NULL, NULL,
               count(*) FILTER (WHERE status NOT IN ('succeeded', 'abandoned', 'failed'))
        FROM ops.runs
    """,
    "manifests": """
        SELECT window_start, window_end, page_no, object_key, sha256, url
        FROM ops.manifests JOIN ops.objects USING (manifest_id)
    """,
    "relations": """
        SELECT nspname, relname, relkind FROM pg_class
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind IN ('r', 'v', 'm')
          AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
    """,
}
MARTS = {
    "marts.fct_readings": "SELECT to_jsonb(f) - 'loaded_at' FROM marts.fct_readings f",
    "marts.dim_stations": "SELECT to_jsonb(d) - 'described_since' FROM marts.dim_stations d",
    "marts.by_day": """
        SELECT to_jsonb(d) - 'loaded_at' - 'average', round(average::numeric, 9)
        FROM marts.river_levels_by_day d
    """,
    "serving.daily": "SELECT to_jsonb(d) FROM serving.river_levels_daily d",
    "serving.latest": "SELECT to_jsonb(d) FROM serving.latest_river_levels d",
    "snapshot": """
        SELECT station_id, station_name, dbt_valid_to IS NULL FROM snapshots.snap_stations
    """,
}


@dataclass
class Place:
    """A database and a bucket of their own, and what a run needs to find them."""

    server_url: str
    s3: Any
    variables: dict[str, str]
    database_url: str
    bucket: str

    def state(self, *, with_marts: bool) -> State:
        """Return everything that a run leaves, without moments and generated ids."""
        found: State = {}
        queries = QUERIES | (MARTS if with_marts else {})
        with psycopg.connect(self.database_url, options="-c TimeZone=UTC") as connection:
            for name, query in queries.items():
                rows = connection.execute(query).fetchall()
                found[name] = Counter(tuple(map(_plain, row)) for row in rows)
        found["objects"] = Counter()
        found["exports"] = Counter()
        for key, body in self.objects():
            if "/_manifests/" in key:
                listed = [(o["key"], o["url"]) for o in json.loads(body)["objects"]]
                found["objects"][key.rpartition("/")[0], _plain(listed)] += 1
            elif key.startswith(RAW_ZONE):
                found["objects"][key, hashlib.sha256(body).hexdigest()] += 1
            else:
                found["exports"][key, hashlib.sha256(body).hexdigest()] += 1
        return found

    def objects(self) -> Iterator[tuple[str, bytes]]:
        """Yield every object of the bucket."""
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for found in page.get("Contents", []):
                got = self.s3.get_object(Bucket=self.bucket, Key=found["Key"])
                yield found["Key"], got["Body"].read()

    def close(self) -> None:
        """Remove both."""
        drop_database(self.server_url, self.database_url.rpartition("/")[2])
        for key, _ in self.objects():
            self.s3.delete_object(Bucket=self.bucket, Key=key)
        self.s3.delete_bucket(Bucket=self.bucket)


def _plain(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return str(value)


def differences(one: State, other: State) -> dict[str, int]:
    """Count the rows and objects by which two histories differ, for what differs."""
    names = {name: (one[name] - other[name]) + (other[name] - one[name]) for name in one}
    return {name: rows.total() for name, rows in names.items() if rows}


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        status: the exit code, or minus the signal that killed it.
        marks: what it reached: function, ``begin`` or ``end``, seconds from its start.
        log: what it printed.
    """

    status: int
    marks: list[tuple[str, str, float]]
    seconds: float
    log: str

    def seconds_of(self, step: str) -> float:
        """How long a step took."""
        at = {(name, edge): moment for name, edge, moment in self.marks}
        return at[step, "end"] - at[step, "begin"]


@dataclass
class Runs:
    """Makes places, one at a time, and runs the pipeline there in processes that may die."""

    server_url: str
    s3: Any
    variables: dict[str, str]
    folder: Path
    database: str = field(default_factory=lambda: f"proof_{secrets.token_hex(6)}")

    @property
    def template(self) -> str:
        """A database with the tables of the pipeline, empty."""
        return f"{self.database}_template"

    def __post_init__(self) -> None:
        create_database(self.server_url, self.template)
        url = with_database(self.server_url, self.template)
        engine = database.connect(url.replace("postgresql", "postgresql+psycopg", 1), "proofs")
        database.migrate(engine)
        engine.dispose()
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")},
        )

    def place(self, server_url: str = "", **variables: str) -> Place:
        """Make an empty place; ``variables`` are more settings of the pipeline.

        Args:
            server_url: another server; there the tables are still to be made.
        """
        template = "template1" if server_url else self.template
        server_url = server_url or self.server_url
        drop_database(server_url, self.database)  # what a failed test may have left
        create_database(server_url, self.database, template)
        bucket = f"proof-{secrets.token_hex(6)}"
        self.s3.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )
        url = with_database(server_url, self.database)
        own = {f"RIVER_LEVELS_{k}": v for k, v in (NEW_MALDEN | variables).items()}
        own |= {"DATABASE_URL": url, "RIVER_LEVELS_BUCKET": bucket}
        return Place(server_url, self.s3, self.variables | own, url, bucket)

    def start(
        self,
        place: Place,
        arguments: Sequence[str],
        kill: dict[str, Any] | None = None,
        *,
        until_loaded: bool = False,
        s3: dict[str, Any] | None = None,
    ) -> None:
        """Start a run; :meth:`finish` waits for its end."""
        order = {
            "arguments": list(arguments),
            "environment": place.variables,
            "kill": kill,
            "log": str(self.folder / "run.log"),
            "s3": s3,
            "until_loaded": until_loaded,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def finish(self) -> Outcome:
        """Wait for the end of the run."""
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        log = (self.folder / "run.log").read_text("utf-8", "replace")
        marks = [(name, edge, at) for name, edge, at in told["marks"]]
        return Outcome(told["status"], marks, told["seconds"], log)

    def run(self, *arguments: Any, **options: Any) -> Outcome:
        """Start a run and wait for its end."""
        self.start(*arguments, **options)
        return self.finish()

    def close(self) -> None:
        """End the process that forks, and remove the template."""
        self._process.communicate(timeout=60)
        drop_database(self.server_url, self.template)


@pytest.fixture(scope="module")
def source() -> Iterator[ReplayServer]:
    """A well-behaved source."""
    with ReplayServer() as server:
        yield server


@pytest.fixture(scope="module")
def variables(aws_engine: AwsEngine, source: ReplayServer) -> dict[str, str]:
    """What every run needs in its environment, besides its place."""
    return {k: v for k, v in aws_engine.environment().items() if v} | {
        "RIVER_LEVELS_API_URL": source.url,
        "RIVER_LEVELS_REQUESTS_PER_SECOND": "1000",
        "RIVER_LEVELS_RETRY_BUDGET_S": "0",
    }


@pytest.fixture(scope="module")
def runs(
    postgres_url: str,
    aws_engine: AwsEngine,
    variables: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Runs]:
    """Places and processes for runs that may die."""
    if sys.platform == "win32":
        pytest.skip("Windows cannot fork")
    s3 = boto3.client("s3", region_name=REGION)
    runs = Runs(postgres_url, s3, variables, tmp_path_factory.mktemp("runs"))
    yield runs
    runs.close()


@pytest.fixture(name="differences")
def _differences() -> Any:
    """Counts by what two states differ."""
    return differences


@pytest.fixture
def keep() -> Callable[..., None]:
    """Writes the results of an audit, with what one has to know of them, if asked to."""

    def keep(name: str, **found: Any) -> None:
        if not os.environ.get(UPDATE):
            return
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        head = {
            "date": str(dt.datetime.now(dt.UTC).date()),
            "commit": _commit(),
            "machine": f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
            f"Python {platform.python_version()}",
        }
        RESULTS.mkdir(parents=True, exist_ok=True)
        text = json.dumps(head | found, indent=1, ensure_ascii=False) + "\n"
        (RESULTS / f"{name}.json").write_text(text, "utf-8")

    return keep


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
