"""Demo: the whole pipeline, offline, on invented data, twice.

Starts PostgreSQL, an S3 emulator and a replay of the API for as long as it
runs, and leaves nothing behind. Needs the guidance's development environment.
"""

import hashlib
import io
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import boto3
from sqlalchemy import Engine, text

from river_levels.config import load_settings
from river_levels.errors import ConfigError
from river_levels.logs import set_up
from river_levels.pipeline import Pipeline, RunResult, opened
from river_levels.windows import Window

BUCKET = "river-levels-demo"
DAYS = 7
CHART_MEASURE = "3390TH-level-stage-i-15_min-mASD"
CHART_TITLE = "Hogsmill at Kingston, metres above stage datum (invented)"
CHART_COLUMNS, CHART_ROWS = 70, 10
BLOCKS = " ▁▂▃▄▅▆▇█"

STATE = (
    "SELECT measure_id, observed_at, value FROM raw.readings ORDER BY 1, 2",
    "SELECT item_hash, reason FROM raw.quarantine ORDER BY 1",
    "SELECT measure_id, observed_at, value FROM marts.fct_readings"
    " ORDER BY 1, 2",
    "SELECT * FROM serving.river_levels_daily ORDER BY local_date, measure_id",
)


def demo() -> int:
    """Run the pipeline on a week of invented readings and show what it did.

    Raises:
        ConfigError: if the embedded engines are not installed.
    """
    try:
        from guidance import engines
    except ImportError as error:
        raise ConfigError(
            "the demo needs the embedded engines of the guidance repository",
            "run `uv run river-levels demo` there",
        ) from error
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # for the chart on Windows
    began = time.monotonic()
    with ExitStack() as stack:
        with _step("Start PostgreSQL, an S3 emulator and the API's replay"):
            url = stack.enter_context(engines.postgres())
            aws = stack.enter_context(engines.aws())
            api = stack.enter_context(engines.flood_api())
            variables = aws.environment() | {
                "DATABASE_URL": url,
                "RIVER_LEVELS_API_URL": api.url,
                "RIVER_LEVELS_BUCKET": BUCKET,
                "RIVER_LEVELS_REQUESTS_PER_SECOND": "200",
            }
            stack.enter_context(engines.environment(**variables))
            _make_bucket()
        end = api.now.astimezone(UTC)
        window = Window(end - timedelta(days=DAYS), end)
        set_up("WARNING")
        pipeline = stack.enter_context(opened(load_settings()))
        pipeline.prepare()
        with _step(f"Run it for {window}"):
            first = pipeline.run(window)
        before = _state(pipeline.engine)
        with _step("Run it again: nothing may change"):
            second = pipeline.run(window)
        is_same = before == _state(pipeline.engine) and not second.exported
        _show(pipeline, first, second)
    verdict = (
        "The second run changed nothing: twice is the same as once."
        if is_same
        else "THE SECOND RUN CHANGED SOMETHING. That is a fault: report it."
    )
    print(f"\n{verdict}\nDone in {time.monotonic() - began:.0f} s.")
    return 0 if is_same else 1


@contextmanager
def _step(title: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"{title} ...", flush=True)
    yield
    print(f"  done in {time.monotonic() - began:.1f} s", flush=True)


def _make_bucket() -> None:
    client = boto3.client("s3")
    here = {b["Name"] for b in client.list_buckets()["Buckets"]}
    if BUCKET not in here:
        client.create_bucket(
            Bucket=BUCKET,
            CreateBucketConfiguration={
                "LocationConstraint": client.meta.region_name  # type: ignore[typeddict-item]
            },
        )


def _state(engine: Engine) -> str:
    """Return a digest of everything that the pipeline keeps."""
    digest = hashlib.sha256()
    with engine.connect() as connection:
        for query in STATE:
            for row in connection.execute(text(query)):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def _show(pipeline: Pipeline, first: RunResult, second: RunResult) -> None:
    print("\n                      first run   second run")
    for name in "read kept quarantined inserted corrected unchanged".split():
        one, two = (getattr(r.counts, name) for r in (first, second))
        print(f"  readings {name:<12}{one:>8,}{two:>13,}")
    with pipeline.engine.connect() as connection:
        print("\n  Quarantined, each with its reason:")
        for reason, number in connection.execute(
            text("SELECT reason, count(*) FROM raw.quarantine GROUP BY 1")
        ):
            print(f"    {reason:<20}{number:>5,}")
        points = connection.execute(
            text(
                "SELECT observed_at, value FROM marts.fct_readings"
                " WHERE measure_id = :measure AND is_plausible"
                " ORDER BY observed_at"
            ),
            {"measure": CHART_MEASURE},
        ).all()
    print(f"\n{chart([(at, value) for at, value in points])}")


def chart(points: list[tuple[datetime, float]]) -> str:
    """Draw levels over time as text: a column for every few hours."""
    first, last = points[0][0], points[-1][0]
    span_s = (last - first).total_seconds() + 1
    columns: list[list[float]] = [[] for _ in range(CHART_COLUMNS)]
    for at, value in points:
        part = (at - first).total_seconds() / span_s
        columns[int(part * CHART_COLUMNS)].append(value)
    heights = [max(column, default=0.0) for column in columns]
    top = max(heights)
    rows = [CHART_TITLE]
    for row in reversed(range(CHART_ROWS)):
        cells = (h / top * CHART_ROWS - row for h in heights)
        line = "".join(BLOCKS[int(min(max(c, 0), 1) * 8)] for c in cells)
        rows.append(f"{top * (row + 1) / CHART_ROWS:6.2f} |{line}")
    days = range((last - first).days + 1)
    width = CHART_COLUMNS // len(days)
    names = [f"{first + timedelta(days=n):%d %b}" for n in days]
    return "\n".join([*rows, " " * 8 + "".join(n.ljust(width) for n in names)])
