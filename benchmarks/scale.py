"""Run the pipeline's own code on 10,000 to 10,000,000 readings, stage by stage.

Each size has a database and a bucket of its own. Invented replies go into the emulated S3,
and from there through `load`, `transform` (dbt) and `serve`. Each stage is a process of its
own, which notes its seconds and the peak of its memory; the server's memory, its log (WAL)
and its tables are looked at from outside. Then new hours arrive, one by one, on top of the
history. At the largest size, old months leave, by DELETE and by dropping partitions.

Writes ``benchmarks/scale.json``, the drawing, the tables, and the marked parts of
docs/reference/proofs.md. Nothing is asserted of the times: a benchmark is no test.

    uv run python benchmarks/scale.py            # about ten quiet minutes on two cores
    uv run python benchmarks/scale.py --draw     # drawings and tables, from the result
"""

import argparse
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import measured
import psycopg
from measured import exponent, line, mib, size, table

from guidance.engines import PostgresServer, environment, moto
from guidance.engines.postgres import drop_database
from guidance.paths import DOCS, ROOT

if TYPE_CHECKING:
    from river_levels.pipeline import Pipeline
    from river_levels.windows import Window

RESULT = ROOT / "benchmarks" / "scale.json"
TABLES = ROOT / "benchmarks" / "tables"
DRAWINGS = DOCS / "reference"
PAGE_OF = DRAWINGS / "proofs.md"
SIZES = [10_000, 100_000, 1_000_000, 10_000_000]
STAGES = {
    "store": "store the replies in S3",
    "load": "load into PostgreSQL",
    "transform": "build and test with dbt",
    "serve": "serve and export",
}
SERIES = 300
STEP = dt.timedelta(minutes=15)
HOUR = dt.timedelta(hours=1)
NOW = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
"""When the history ends and the new hours begin."""

PAGE = 10_000
BAD = 10_000
"""One reading in so many has no value, and belongs into the quarantine."""

ROUNDS = 3
SETTINGS = {"fsync": "on", "full_page_writes": "on", "max_wal_size": "4GB"}
ADDRESS = "http://environment.data.gov.uk/flood-monitoring"


# --- what the source would have said --------------------------------------------------


def measure_of(series: int) -> str:
    """Return the key of a series, as long as the real ones."""
    return f"{1000 + series}TH-level-stage-i-15_min-mASD"


def stations() -> bytes:
    """Return the reply with all stations and their measures."""
    items = [
        {
            "@id": f"{ADDRESS}/id/stations/{1000 + series}TH",
            "label": f"Gauge {series}",
            "riverName": f"River {series % 20}",
            "lat": 51.4,
            "long": -0.3,
            "measures": [
                {
                    "@id": f"{ADDRESS}/id/measures/{measure_of(series)}",
                    "parameter": "level",
                    "qualifier": "Stage",
                    "unitName": "mASD",
                    "period": 900,
                }
            ],
        }
        for series in range(SERIES)
    ]
    return json.dumps({"items": items}).encode()


def pages(rows: int, start: dt.datetime) -> Iterator[bytes]:
    """Yield replies with so many readings: series after series, as the source sorts."""
    steps = -(-rows // SERIES)
    times = [f"{start + step * STEP:%Y-%m-%dT%H:%M:%SZ}" for step in range(steps)]
    items = []
    for number in range(rows):
        series, step = divmod(number, steps)
        value = "null" if number % BAD == BAD - 1 else f"{0.4 + number * 7919 % 1000 / 1000:g}"
        name, at = measure_of(series), times[step]
        items.append(
            f'{{"@id": "{ADDRESS}/data/readings/{name}/{at.replace(":", "-")}",'
            f' "dateTime": "{at}", "measure": "{ADDRESS}/id/measures/{name}",'
            f' "value": {value}}}'
        )
        if len(items) == PAGE or number == rows - 1:
            meta = f'"meta": {{"limit": {PAGE}}}'
            yield f'{{{meta}, "items": [{", ".join(items)}]}}'.encode()
            items.clear()


# --- one stage, in a process of its own -----------------------------------------------


def store(pipeline: "Pipeline", window: "Window", rows: int) -> dict[str, Any]:
    """Store invented replies as `extract` would; only the storing is timed."""
    from river_levels.storage import RawObject
    from river_levels.windows import iso

    def replies() -> Iterator[tuple[str, bytes]]:
        yield "stations", stations()
        for body in pages(rows, window.start):
            yield "readings", body

    objects: list[RawObject] = []
    took, spent, at = 0.0, 0.0, dt.datetime.now(dt.UTC)
    for dataset, body in replies():
        began, cpu = time.perf_counter(), time.process_time()
        key, sha256 = pipeline.store.put_reply(dataset, window, body)
        took += time.perf_counter() - began
        spent += time.process_time() - cpu
        url = f"{ADDRESS}/{dataset}/{len(objects)}"
        objects.append(RawObject(key, dataset, url, 200, {}, sha256, len(body), iso(at)))
    began = time.perf_counter()
    pipeline.store.put_manifest(window, at, tuple(objects))
    return {
        "seconds": took + time.perf_counter() - began,
        "client_cpu_s": round(spent, 2),
        "objects": len(objects),
        "reply_bytes": sum(one.size for one in objects),
    }


def run_stage(name: str, rows: int, start: dt.datetime, end: dt.datetime) -> dict[str, Any]:
    """Run a stage of the pipeline here; return its seconds, peak and counts."""
    from river_levels.config import load_settings
    from river_levels.logs import set_up
    from river_levels.pipeline import opened
    from river_levels.windows import Window

    set_up("WARNING")
    window, found = Window(start, end), dict[str, Any]()
    with opened(load_settings()) as pipeline:
        pipeline.prepare()
        began, spent = time.perf_counter(), time.process_time()
        if name == "store":
            found = store(pipeline, window, rows)
        elif name == "load":
            counts = pipeline.load(window)
            names = ("read", "kept", "quarantined", "inserted", "corrected", "unchanged")
            found = {key: getattr(counts, key) for key in names}
        elif name == "transform":
            found = {"statuses": pipeline.transform().statuses}
        else:
            pipeline.serve()
        found = {"seconds": time.perf_counter() - began} | found
        found = {"client_cpu_s": round(time.process_time() - spent, 2)} | found
    return found | {"seconds": round(found["seconds"], 3), "peak_mib": measured.peak_mib()}


# --- one history, and what arrives on top of it -----------------------------------------


class History:
    """A database and a bucket with a history of so many readings."""

    def __init__(self, server: PostgresServer, endpoint: str, rows: int) -> None:
        self.server, self.rows = server, rows
        self.steps = -(-rows // SERIES)
        self.start = NOW - self.steps * STEP
        self.url = server.create_database()
        self.bucket = f"scale-{rows}"
        self.endpoint = endpoint
        boto3.client("s3", endpoint_url=endpoint).create_bucket(
            Bucket=self.bucket,
            CreateBucketConfiguration={"LocationConstraint": "eu-west-2"},
        )

    def stage(
        self, name: str, rows: int, start: dt.datetime, end: dt.datetime
    ) -> dict[str, Any]:
        """Run a stage in a child, and look at the server meanwhile."""
        variables = os.environ | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "DATABASE_URL": self.url,
            "RIVER_LEVELS_BUCKET": self.bucket,
            "RIVER_LEVELS_API_URL": "http://127.0.0.1:9",
        }
        arguments = ["--stage", name, "--rows", str(rows)]
        arguments += ["--start", start.isoformat(), "--end", end.isoformat()]
        process = self.server._process
        assert process is not None
        before, spent = self._server_bytes(), measured.cpu_s(process.pid)
        with measured.Watch(process.pid) as watch:
            done = subprocess.run(
                [sys.executable, __file__, *arguments],
                env=variables,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
        after = self._server_bytes()
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        found |= {key: after[key] - before[key] for key in after}
        found["server_cpu_s"] = round(measured.cpu_s(process.pid) - spent, 2)
        found["cpu_s"] = round(found["client_cpu_s"] + found["server_cpu_s"], 2)
        found["server_peak_mib"] = round(watch.peak_mib, 1)
        told = f"{found['seconds']:>9.2f} s{found['cpu_s']:>9.2f} s of processor"
        print(f"{self.rows:>12,}  {name:<10}{told}", flush=True)
        return found

    def _server_bytes(self) -> dict[str, int]:
        """Return how much the server has written to its log, and to temporary files."""
        row = self.query(
            "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, temp_bytes"
            " FROM pg_stat_database WHERE datname = current_database()"
        )
        return {"wal_bytes": int(row[0]), "spilled_bytes": int(row[1])}

    def query(self, text: str) -> tuple[Any, ...]:
        """Return the one row of a query."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(text).fetchone()
        assert row is not None
        return row

    def build(self) -> dict[str, Any]:
        """Bring the whole history through every stage."""
        found: dict[str, Any] = {"rows": self.rows, "days": round(self.steps / 96, 1)}
        for name in STAGES:
            found[name] = self.stage(name, self.rows, self.start, NOW)
            if name == "load":
                self.age()
        listing = boto3.client("s3", endpoint_url=self.endpoint).get_paginator(
            "list_objects_v2"
        )
        found["stored_bytes"], found["export_bytes"] = (
            sum(
                one["Size"]
                for page in listing.paginate(Bucket=self.bucket, Prefix=prefix)
                for one in page.get("Contents", [])
            )
            for prefix in ("raw/", "exports/")
        )
        for name in ("raw.readings", "marts.fct_readings", "marts.river_levels_by_day"):
            [found[name]] = self.query(f"SELECT pg_total_relation_size('{name}')::bigint")
        return found

    def age(self) -> None:
        """Let each reading have been loaded an hour after its time, as in daily life.

        The transform takes what was loaded since its last run, and in the hour before: of a
        history that was loaded in one minute, the next run would take all once more.
        """
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "ALTER TABLE raw.readings ALTER loaded_at TYPE timestamptz"
                " USING observed_at + interval '1 hour'"
            )

    def grow(self, rounds: int) -> dict[str, Any]:
        """Let hours arrive, one after the other; return the medians of each stage.

        First the server does what its autovacuum would have done by then.
        """
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
        per_hour = SERIES * int(HOUR / STEP)
        hours = []
        for number in range(rounds):
            start = NOW + number * HOUR
            hour = {
                name: self.stage(name, per_hour, start, start + HOUR)
                for name in ("store", "load", "transform")
            }
            assert hour["load"]["inserted"] + hour["load"]["quarantined"] == per_hour
            hours.append(hour)
        return {"history_rows": self.rows, "new_rows": per_hour, "rounds": rounds} | {
            name: {
                key: statistics.median(hour[name][key] for hour in hours)
                for key in ("seconds", "cpu_s", "peak_mib", "wal_bytes", "server_peak_mib")
            }
            | {"all_seconds": [hour[name]["seconds"] for hour in hours]}
            for name in ("load", "transform")
        }


# --- what leaves: by DELETE, and by partitions ------------------------------------------


PARTITIONED = """
CREATE TABLE raw.readings_by_month (LIKE raw.readings INCLUDING ALL)
PARTITION BY RANGE (observed_at)
"""
CANDIDATE = """
CREATE TEMPORARY TABLE candidate AS
SELECT measure_id, observed_at + interval '1 day' AS observed_at, value, 0 AS page_no
FROM raw.readings WHERE observed_at >= timestamptz '{end}' - interval '1 day'
"""


def month_after(moment: dt.datetime) -> dt.datetime:
    """Return the first moment of the next month."""
    return (moment.replace(day=1) + dt.timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )


def months(start: dt.datetime, end: dt.datetime) -> list[tuple[str, str]]:
    """Return the first moments of the months that a span touches, and of the next ones."""
    found, first = [], start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while first < end:
        found.append((first.isoformat(), month_after(first).isoformat()))
        first = month_after(first)
    return found


class Clock:
    """The seconds of statements, and the bytes that they write to the server's log."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def __call__(self, *statements: Any, roll_back: bool = False) -> dict[str, Any]:
        """Execute statements, all in one transaction if it is to be rolled back."""
        lsn = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
        [before] = self.connection.execute(lsn).fetchone() or (0,)
        began, rows = time.perf_counter(), 0
        if roll_back:
            with self.connection.transaction(force_rollback=True):
                for statement in statements:
                    rows += max(0, self.connection.execute(*statement).rowcount)
        else:
            for statement in statements:
                rows += max(0, self.connection.execute(*statement).rowcount)
        seconds = time.perf_counter() - began
        [after] = self.connection.execute(lsn).fetchone() or (0,)
        return {
            "seconds": round(seconds, 4),
            "wal_bytes": int(after - before),
            "rows": rows,
        }


def partitions(url: str, start: dt.datetime, end: dt.datetime, rounds: int) -> dict[str, Any]:
    """Hold a partitioned copy of the big table against the table itself.

    Measured are a new day's upsert, by the pipeline's own statements, and the end of the
    oldest months.
    """
    from river_levels import sql

    sizes = (
        "SELECT coalesce(sum(pg_total_relation_size(relid)), pg_total_relation_size('{0}'))"
        "::bigint FROM pg_partition_tree('{0}') WHERE isleaf"
    )
    found: dict[str, Any] = {}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")

        def bytes_of(name: str) -> int:
            row = connection.execute(sizes.format(name)).fetchone()
            assert row is not None
            return int(row[0])

        clock = Clock(connection)
        spans = months(start, end + dt.timedelta(days=2))
        connection.execute(PARTITIONED)
        for first, after in spans:
            name = f"raw.readings_{first[:7].replace('-', '_')}"
            connection.execute(
                f"CREATE TABLE {name} PARTITION OF raw.readings_by_month"
                f" FOR VALUES FROM ('{first}') TO ('{after}')"
            )
        found["copy"] = clock(
            ("INSERT INTO raw.readings_by_month SELECT * FROM raw.readings",)
        )
        connection.execute("VACUUM (ANALYZE) raw.readings, raw.readings_by_month")
        connection.execute(CANDIDATE.format(end=end.isoformat()))
        connection.execute("ANALYZE candidate")
        values = {"fetched_at": end.isoformat(), "manifest_id": 0}
        for name in ("readings", "readings_by_month"):
            texts = [
                sql.read(text).replace("raw.readings", f"raw.{name}")
                for text in ("correct", "confirm", "insert")
            ]
            turns = [
                clock(*((text, values) for text in texts), roll_back=True)
                for _ in range(rounds)
            ]
            found[f"day_{name}"] = {
                key: statistics.median_low(turn[key] for turn in turns) for key in turns[0]
            }
        # The oldest whole month leaves, and the days before it.
        old = [span for span in spans if span[1] <= end.isoformat()][:2]
        bound = old[-1][1]
        before = bytes_of("raw.readings")
        found["months"] = len(old)
        found["delete"] = clock((f"DELETE FROM raw.readings WHERE observed_at < '{bound}'",))
        found["vacuum"] = clock(("VACUUM (ANALYZE) raw.readings",))
        found["delete"]["freed_bytes"] = before - bytes_of("raw.readings")
        before = bytes_of("raw.readings_by_month")
        names = [f"raw.readings_{first[:7].replace('-', '_')}" for first, _ in old]
        found["drop"] = clock((f"DROP TABLE {', '.join(names)}",))
        found["drop"]["freed_bytes"] = before - bytes_of("raw.readings_by_month")
        found["drop"]["rows"] = found["delete"]["rows"]
        rows = "SELECT count(*), min(observed_at) FROM {}"
        left = [
            connection.execute(rows.format(f"raw.{name}")).fetchone()
            for name in ("readings", "readings_by_month")
        ]
        assert left[0] == left[1], left
    return found


# --- what the page shows --------------------------------------------------------------


COLOURS = {
    "store": ("#484f56", "v", ":"),
    "load": ("#1a5a9a", "o", "-"),
    "transform": ("#c04b1e", "s", "--"),
    "serve": ("#2f7d4f", "^", "-."),
}
INCREMENT: dict[str, tuple[str, Callable[[float], str]]] = {
    "processor": ("cpu_s", measured.seconds),
    "clock": ("seconds", measured.seconds),
    "WAL": ("wal_bytes", size),
    "memory": ("peak_mib", mib),
}
SERIES_OF_ENGLAND = 25_000
ARCHIVE_OF_ENGLAND = 4_000_000_000
STEPS_A_DAY = 96


def fits(result: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Fit each stage's processor seconds to fixed + each * rows, and its memory's growth.

    Processor seconds hardly depend on what else the machine does.
    """
    found = {}
    for name in STAGES:
        points = [(one["rows"], max(0.01, one[name]["cpu_s"])) for one in result["sizes"]]
        fixed, each, worst = line(points)
        peaks = [one[name]["peak_mib"] for one in result["sizes"]]
        found[name] = {
            "fixed_s": max(0.0, fixed),
            "us_a_row": each * 1e6,
            "worst": worst,
            "exponent": exponent(points[-2], points[-1]),
            "peak_ratio": peaks[-1] / peaks[0],
        }
    return found


def draw(result: dict[str, Any], tables: Path = TABLES, drawings: Path = DRAWINGS) -> None:
    """Write the drawings and the tables, from the result."""
    sizes, fitted = result["sizes"], fits(result)
    end = "\n" + measured.told(result, "benchmarks/scale.py")
    rows = [f"{one['rows']:,}" for one in sizes]

    def cells(write: Any, name: str, key: str) -> list[str]:
        return [write(one[name][key]) for one in sizes]

    lines = [
        [
            f"{what}: {words}",
            *cells(measured.seconds, name, key),
            f"{fitted[name]['us_a_row']:.1f} µs" if key == "cpu_s" else "",
            f"{fitted[name]['exponent']:.2f}" if key == "cpu_s" else "",
        ]
        for key, what in (("cpu_s", "processor"), ("seconds", "on the clock"))
        for name, words in STAGES.items()
    ]
    head = ["time", *rows, "each row", "exponent"]
    measured.write(
        tables / "scale-time.md",
        table(head, lines)
        + "\nProcessor: of the stage's process and of the database server together; other work"
        " on the machine hardly changes it. Each row: the slope of fixed + each × rows, fitted"
        " to all sizes. Exponent: between the two largest sizes; 1 is linear, 2 quadratic, and"
        " less than 1 where what is fixed still weighs.\n" + end,
    )
    lines = [
        [words, *cells(mib, name, "peak_mib"), f"{fitted[name]['peak_ratio']:.2f}"]
        for name, words in STAGES.items()
    ]
    lines += [
        [f"server: {words}", *cells(mib, name, "server_peak_mib"), ""]
        for name, words in STAGES.items()
        if name in {"load", "transform"}
    ]
    measured.write(
        tables / "scale-memory.md",
        table(["peak memory", *rows, "largest / smallest"], lines)
        + "\nOf the process that runs the stage; of the server, what its processes do not"
        " share, all together.\n",
    )
    kinds = [
        ("replies, as sent by the source", lambda one: one["store"]["reply_bytes"]),
        ("raw objects in S3", lambda one: one["stored_bytes"]),
        ("server's log (WAL) of the load", lambda one: one["load"]["wal_bytes"]),
        ("`raw.readings` with its indexes", lambda one: one["raw.readings"]),
        ("server's log (WAL) of dbt", lambda one: one["transform"]["wal_bytes"]),
        ("server's temporary files of dbt", lambda one: one["transform"]["spilled_bytes"]),
        ("`marts.fct_readings` with its indexes", lambda one: one["marts.fct_readings"]),
        ("`marts.river_levels_by_day`", lambda one: one["marts.river_levels_by_day"]),
        ("export", lambda one: one["export_bytes"]),
    ]
    measured.write(
        tables / "scale-bytes.md",
        table(
            ["bytes", *rows, "each row"],
            [
                [
                    words,
                    *(size(count(one)) for one in sizes),
                    f"{count(sizes[-1]) / sizes[-1]['rows']:,.0f} B",
                ]
                for words, count in kinds
            ],
        ),
    )
    growth = result["increments"]
    first, last = growth[0], growth[-1]
    grown = last["history_rows"] / first["history_rows"]

    def ratio(name: str) -> float:
        return float(last[name]["cpu_s"] / first[name]["cpu_s"])

    measured.write(
        tables / "scale-increments.md",
        table(
            ["history", *(f"{who}: {what}" for who in ("load", "dbt") for what in INCREMENT)],
            [
                [
                    f"{one['history_rows']:,}",
                    *(
                        write(one[name][key])
                        for name in ("load", "transform")
                        for key, write in INCREMENT.values()
                    ),
                ]
                for one in growth
            ],
        )
        + f"\nOne new hour, {first['new_rows']:,} readings, on top of the history; medians of"
        f" {first['rounds']} hours. While the history grew {grown:,.0f} times,"
        f" the load's processor time became {ratio('load'):.2f} times, and dbt's"
        f" {ratio('transform'):.2f} times as long.\n",
    )
    draw_partitions(result["partitions"], sizes[-1]["rows"], tables)
    draw_machines(result, fitted, tables)
    plot(result, drawings / "proofs-scale.svg")
    told = "; ".join(
        f"{words}: {measured.seconds(sizes[0][name]['cpu_s'])} to"
        f" {measured.seconds(sizes[-1][name]['cpu_s'])}, and"
        f" {mib(sizes[0][name]['peak_mib'])} to {mib(sizes[-1][name]['peak_mib'])}"
        for name, words in STAGES.items()
    )
    hours = ", ".join(measured.seconds(one["transform"]["cpu_s"]) for one in growth)
    measured.write(
        tables / "scale-plot.md",
        f"![Three charts over logarithmic numbers of rows. Processor time and peak memory of"
        f" each stage, from {rows[0]} to {rows[-1]} readings. {told}. Then"
        f" dbt for one new hour, as history grows from {first['history_rows']:,} to"
        f" {last['history_rows']:,} readings: {hours}.](proofs-scale.svg)\n",
    )


def draw_partitions(found: dict[str, Any], rows: int, tables: Path) -> None:
    """Write the table of what partitions change."""
    day, by_month = found["day_readings"], found["day_readings_by_month"]
    ended = found["delete"]["seconds"] + found["vacuum"]["seconds"]
    slower = ended / found["drop"]["seconds"]

    def cells(one: dict[str, Any]) -> list[str]:
        freed = size(one["freed_bytes"]) if "freed_bytes" in one else ""
        return [measured.seconds(one["seconds"]), size(one["wal_bytes"]), freed]

    measured.write(
        tables / "scale-partitions.md",
        table(
            ["what", "time", "WAL", "freed for the disk"],
            [
                [f"upsert a new day ({day['rows']:,} rows), one table", *cells(day)],
                ["the same, partitioned by month", *cells(by_month)],
                [f"DELETE {found['delete']['rows']:,} old rows", *cells(found["delete"])],
                ["then VACUUM", *cells(found["vacuum"])],
                ["DROP their partitions instead", *cells(found["drop"])],
            ],
        )
        + f"\nOf a table of {rows:,} readings, the oldest whole month leaves, and the days"
        f" before it (partitions: {found['months']}). DELETE and VACUUM took"
        f" {slower:,.0f} times as long as DROP. The copy into partitions, once, took"
        f" {measured.seconds(found['copy']['seconds'])}.\n",
    )


def draw_machines(
    result: dict[str, Any], fitted: dict[str, dict[str, float]], tables: Path
) -> None:
    """Write how far one machine goes."""
    largest = result["sizes"][-1]
    took = sum(largest[name]["cpu_s"] for name in STAGES)
    speed = largest["rows"] / took
    england = SERIES_OF_ENGLAND * STEPS_A_DAY
    each_s = sum(one["us_a_row"] for one in fitted.values()) / 1e6

    def told(count: int) -> list[str]:
        return [f"{count:,}", measured.seconds(count * each_s)]

    measured.write(
        tables / "scale-machines.md",
        table(
            ["what arrives", "rows", "processor time, without what is fixed"],
            [
                [f"{SERIES:,} series, a day", *told(SERIES * STEPS_A_DAY)],
                [f"all {SERIES_OF_ENGLAND:,} series of England, a day", *told(england)],
                ["the same, a year", *told(england * 365)],
                [
                    f"an archive of {ARCHIVE_OF_ENGLAND:,} readings, once",
                    *told(ARCHIVE_OF_ENGLAND),
                ],
            ],
        )
        + f"\n{speed:,.0f} readings pass all stages for one second of one processor:"
        f" {speed * 86_400:,.0f} a day, {speed * 86_400 / england:,.0f} times what every"
        " series of England would bring at one value in 15 minutes.\n",
    )


def plot(result: dict[str, Any], path: Path) -> None:
    """Draw time and memory over rows, and an increment over history."""
    plt = measured.pyplot("scale")
    figure, panels = plt.subplots(1, 3, figsize=(11, 4))
    rows = [one["rows"] for one in result["sizes"]]
    for axes, key, label in (
        (panels[0], "cpu_s", "seconds of processor"),
        (panels[1], "peak_mib", "peak memory of the stage, MiB"),
    ):
        for name, (colour, marker, dashes) in COLOURS.items():
            axes.plot(
                rows,
                [one[name][key] for one in result["sizes"]],
                label=STAGES[name],
                color=colour,
                marker=marker,
                linestyle=dashes,
            )
        axes.set(xscale="log", xlabel="readings", ylabel=label)
    panels[0].set_yscale("log")
    panels[1].set_ylim(bottom=0)
    panels[1].legend(fontsize="x-small", loc="lower right")
    for name in ("load", "transform"):
        colour, marker, dashes = COLOURS[name]
        panels[2].plot(
            [one["history_rows"] for one in result["increments"]],
            [one[name]["cpu_s"] for one in result["increments"]],
            label=STAGES[name],
            color=colour,
            marker=marker,
            linestyle=dashes,
        )
    panels[2].set(
        xscale="log", xlabel="readings of history", ylabel="seconds of processor, a new hour"
    )
    panels[2].set_ylim(bottom=0)
    for axes in panels:
        axes.grid(visible=True, color="#dddddd")
    figure.suptitle(
        f"{result['date']}, {result['cores']} cores, {result['memory_gib']} GiB,"
        f" commit {result['commit']}",
        fontsize=9,
    )
    measured.save(figure, path)
    plt.close(figure)


# --- all of it ------------------------------------------------------------------------


def measure(result: dict[str, Any], sizes: list[int], rounds: int) -> None:
    """Measure every size, and note what was found."""
    result |= {"series": SERIES, "sizes": [], "increments": []}
    with (
        PostgresServer(settings=SETTINGS) as server,
        moto() as aws,
        environment(**aws.environment()),
    ):
        result["versions"] |= {"PostgreSQL": server.version}
        for rows in sizes:
            history = History(server, aws.endpoint_url, rows)
            result["sizes"].append(history.build())
            if rows >= sizes[-1] / 100:
                result["increments"].append(history.grow(rounds))
            if rows == sizes[-1]:
                result["partitions"] = partitions(history.url, history.start, NOW, rounds)
            drop_database(server.url, history.url.rpartition("/")[2])


def main() -> None:
    """Measure, write the result, draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--draw", action="store_true", help="draw the written result only")
    parser.add_argument("--stage", choices=list(STAGES), help=argparse.SUPPRESS)
    for hidden in ("--rows", "--start", "--end"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stage:
        start, end = (
            dt.datetime.fromisoformat(text) for text in (arguments.start, arguments.end)
        )
        print(json.dumps(run_stage(arguments.stage, int(arguments.rows), start, end)))
        return
    if not arguments.draw:
        packages = ("psycopg", "dbt-core", "dbt-postgres", "boto3", "moto")
        with measured.circumstances(packages) as result:
            measure(result, arguments.sizes, arguments.rounds)
        RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    draw(json.loads(RESULT.read_text("utf-8")))
    measured.refresh_page(PAGE_OF, TABLES)


if __name__ == "__main__":
    main()
