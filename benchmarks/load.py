"""Load 1,000,000 readings by the pipeline's own path, against ``psql \\copy``.

Prints each stage's time, its ratio to ``\\copy`` of the same rows in the same run, and
the peak memory of this process. Nothing is asserted: a benchmark is no test.

    uv run python benchmarks/load.py [--rows 1000000]
"""

import argparse
import json
import os
import platform
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psutil
import psycopg

from guidance.engines import PostgresServer
from river_levels import ledger, load
from river_levels.database import connect, migrate
from river_levels.load import parse
from river_levels.storage import Manifest, RawObject
from river_levels.windows import Window

START = datetime(2020, 1, 1, tzinfo=UTC)
PAGE = 10_000
MEASURES = 25
TABLE = "measure_id text, observed_at timestamptz, value double precision, page_no integer"


class MemoryStore:
    """Stands in for S3: pages are made when they are asked for, not kept."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def get_reply(self, stored: RawObject) -> bytes:
        """Return the body of one page, as the API would write it."""
        first = int(stored.key) * PAGE
        items = [item(number) for number in range(first, min(first + PAGE, self.rows))]
        return json.dumps({"meta": {"limit": PAGE}, "items": items}).encode()


def item(number: int) -> dict[str, object]:
    """Return one reading in the API's shape."""
    step, measure = divmod(number, MEASURES)
    at = START + timedelta(minutes=15 * step)
    root = "http://environment.data.gov.uk/flood-monitoring"
    name = f"{3000 + measure}TH-level-stage-i-15_min-mASD"
    return {
        "@id": f"{root}/data/readings/{name}/{at:%Y-%m-%dT%H-%M-%SZ}",
        "dateTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "measure": f"{root}/id/measures/{name}",
        "value": round(0.4 + (number * 7919 % 1000) / 1000, 3),
    }


@dataclass
class Clock:
    """Seconds and peak memory of each stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    peaks_mb: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a block."""
        process = psutil.Process()
        peak, stop = [process.memory_info().rss], threading.Event()

        def watch() -> None:
            while not stop.wait(0.02):
                peak[0] = max(peak[0], process.memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - began
            stop.set()
            watcher.join()
            self.peaks_mb[name] = peak[0] / 1_048_576
            print(f"  {name:<34}{self.seconds[name]:7.2f} s", flush=True)


def manifest_of(rows: int) -> Manifest:
    """Return the manifest of an extraction that brought so many rows."""
    pages = tuple(
        RawObject(str(n), "readings", f"page {n}", 200, {}, str(n), 0, "")
        for n in range(-(-rows // PAGE))
    )
    end = START + timedelta(minutes=15 * (rows // MEASURES + 1))
    objects = tuple(
        RawObject(**(vars(page) | {"fetched_at": START.isoformat()})) for page in pages
    )
    return Manifest(f"bench-{uuid4()}", Window(START, end), datetime.now(UTC), objects)


def psql_copy(server: PostgresServer, url: str, file: Path) -> None:
    """Load the same rows with the client that ships with PostgreSQL."""
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE by_psql ({TABLE})")
    command = f"\\copy by_psql FROM '{file.as_posix()}' (FORMAT csv)"
    subprocess.run(
        [str(server.binaries / "psql"), url, "--quiet", "--command", command], check=True
    )


def timed(action: Callable[[], object], clock: Clock, name: str) -> None:
    """Measure a call."""
    with clock.stage(name):
        action()


def main() -> None:
    """Run the stages one by one, as `load` does, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    clock = Clock()
    settings = {"max_wal_size": "4GB", "fsync": "on", "full_page_writes": "on"}
    with PostgresServer(settings=settings) as server, TemporaryDirectory() as folder:
        url = server.create_database()
        engine = connect(url.replace("postgresql", "postgresql+psycopg", 1), "benchmark")
        migrate(engine)
        store, manifest = MemoryStore(rows), manifest_of(rows)
        print(f"{rows:,} readings, PostgreSQL {server.version}, {os.cpu_count()} cores")
        with clock.stage("make the replies (not the pipeline)"):
            for stored in manifest.objects:
                store.get_reply(stored)
        with clock.stage("parse, with making the replies"):
            parsed = parse(store, manifest)  # type: ignore[arg-type]  a stand-in
        file = Path(folder) / "rows.csv"
        with file.open("wb") as target:
            target.writelines(parsed.readings.blocks())
        for turn in ("first", "second", "third"):
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"DROP TABLE IF EXISTS by_psql, {parsed.readings.table}")
                connection.execute(f"CREATE TABLE {parsed.readings.table} ({TABLE})")
                timed(lambda: psql_copy(server, url, file), clock, f"psql \\copy, {turn}")
                timed(
                    lambda c=connection: load.copy_in(c, parsed.readings),
                    clock,
                    f"the pipeline's COPY, {turn}",
                )
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP TABLE by_psql, {parsed.readings.table}")
        parsed.close()
        for name in ("into an empty table", "again, all unchanged"):
            with ledger.recorded(engine, "benchmark", manifest.window) as run_id:
                with clock.stage(f"whole load, {name}"):
                    counts = load.load(engine, store, manifest, run_id, 1.0)  # type: ignore[arg-type]
            print(f"    inserted {counts.inserted:,}, unchanged {counts.unchanged:,}")
        engine.dispose()
    report(clock, rows)


def report(clock: Clock, rows: int) -> None:
    """Print ratios, and what the machine was."""
    best = min(s for name, s in clock.seconds.items() if name.startswith("psql"))
    ours = min(s for name, s in clock.seconds.items() if name.startswith("the pipeline"))
    replies = clock.seconds["make the replies (not the pipeline)"]
    parse_s = clock.seconds["parse, with making the replies"] - replies
    whole = clock.seconds["whole load, into an empty table"] - replies
    peak = max(v for k, v in clock.peaks_mb.items() if k.startswith("the pipeline"))
    print(f"\n{'stage':<28}{'seconds':>9}{'ratio to \\copy':>16}")
    for name, seconds in (
        ("psql \\copy", best),
        ("the pipeline's COPY", ours),
        ("parse", parse_s),
        ("merge and bookkeeping", whole - parse_s - ours),
        ("whole load", whole),
    ):
        print(f"{name:<28}{seconds:>9.2f}{seconds / best:>16.2f}")
    print(f"\npeak memory of this process during COPY: {peak:.0f} MB")
    print(f"peak memory during the whole load: {max(clock.peaks_mb.values()):.0f} MB")
    print(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}")
    print(f"rows a second, whole load: {rows / whole:,.0f}")


if __name__ == "__main__":
    main()
