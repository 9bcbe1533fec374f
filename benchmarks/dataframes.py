"""Measure the transform of docs/transformation/python.md in four tools, at three sizes.

Each run is a process of its own: it reads Parquet and CSV, makes the days, and writes
Parquet. Noted are processor time and peak memory of the process and its children (Spark's
Java among them), and the time on the wall. Of several runs the cheapest counts.

Writes ``benchmarks/dataframes.json`` and the plot on the page. Nothing is asserted.

    uv run python benchmarks/dataframes.py [--runs 2]
"""

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib as mpl
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from guidance.engines.aws import _installed
from guidance.paths import DOCS, EXAMPLES, ROOT

FOLDER = EXAMPLES / "transformation" / "python"
RESULT = ROOT / "benchmarks" / "dataframes.json"
PLOT = DOCS / "transformation" / "dataframes.svg"
SIZES = [100_000, 1_000_000, 10_000_000]
GAUGES = 1_000
PROGRAMS = {
    "pandas": """
import pandas as pd
from levels_pandas import daily_levels
from people import read_people
days = daily_levels(pd.read_parquet("readings.parquet"), read_people("stations.csv"))
days.to_parquet("days.parquet")
""",
    "polars": """
import polars as pl
from levels_polars import daily_levels
stations = pl.scan_csv("stations.csv", schema={"station_id": pl.String, "name": pl.String})
daily_levels(pl.scan_parquet("readings.parquet"), stations).sink_parquet("days.parquet")
""",
    "DuckDB": """
import duckdb
from levels_duckdb import daily_levels
with duckdb.connect() as connection:
    connection.read_parquet("readings.parquet").create_view("readings")
    connection.read_csv("stations.csv", all_varchar=True).create_view("stations")
    daily_levels(connection).write_parquet("days.parquet")
""",
    "PySpark": """
from levels_spark import run
run("benchmark", "readings.parquet", "stations.csv", "days")
""",
}
SPARK = (
    "--master local[2] --driver-memory 4g --conf spark.ui.enabled=false"
    " --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1"
    " --conf spark.sql.shuffle.partitions=4 pyspark-shell"
)
COLOURS = {"pandas": "#1a5a9a", "polars": "#c04b1e", "DuckDB": "#2f7d4f", "PySpark": "#6b4a9e"}
MARKERS = {"pandas": "o", "polars": "s", "DuckDB": "^", "PySpark": "D"}


def make(rows: int, folder: Path) -> None:
    """Write readings of 1,000 gauges every quarter of an hour; always the same."""
    random = np.random.default_rng(20260329)
    number = np.arange(rows)
    start = np.datetime64("2026-01-01T00:00:00", "us")
    times = start + (number // GAUGES) * np.timedelta64(15 * 60 * 1_000_000, "us")
    names = pa.array([f"{gauge:06}" for gauge in range(GAUGES)])
    table = pa.table(
        {
            "station_id": names.take(pa.array(number % GAUGES)),
            "observed_at": pa.array(times, pa.timestamp("us")).cast(
                pa.timestamp("us", tz="UTC")
            ),
            "level_m": pa.array(random.normal(0.5, 0.1, rows)),
        }
    )
    pq.write_table(table, folder / "readings.parquet")
    lines = [f"{gauge:06},Gauge {gauge}" for gauge in range(GAUGES)]
    text = "\n".join(["station_id,name", *lines]) + "\n"
    (folder / "stations.csv").write_text(text, "utf-8")


def high_water_kb(pid: int) -> int:
    """Return the most memory that a process ever had; 0 if it has just ended."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) if found else 0


def measure(tool: str, folder: Path) -> dict[str, float]:
    """Run a tool once; return seconds of processor and wall, and peak megabytes."""
    spark = tool == "PySpark"
    python = str(_installed(FOLDER / "spark", sys.executable)) if spark else sys.executable
    path = str(FOLDER / "spark") if spark else str(FOLDER)
    variables = os.environ | {
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYSPARK_SUBMIT_ARGS": SPARK,
        "TZ": "UTC",
    }
    began = time.perf_counter()
    child = subprocess.Popen(
        [python, "-c", PROGRAMS[tool]],
        cwd=folder,
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    watched = psutil.Process(child.pid)
    peaks, cpu, ended = dict[int, int](), dict[int, float](), False
    while not ended:
        try:
            for process in [watched, *watched.children(recursive=True)]:
                known = peaks.get(process.pid, 0)
                peaks[process.pid] = max(known, high_water_kb(process.pid))
                times = process.cpu_times()
                cpu[process.pid] = times.user + times.system
        except (psutil.Error, OSError):
            pass  # it ended while we looked
        time.sleep(0.02)
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        ended = pid != 0
    if status:
        raise SystemExit(f"{tool} failed")
    # The kernel's own count is exact, but leaves out Spark's Java.
    return {
        "cpu_s": round(max(sum(cpu.values()), usage.ru_utime + usage.ru_stime), 2),
        "wall_s": round(time.perf_counter() - began, 2),
        "peak_mb": round(sum(peaks.values()) / 1024),
    }


def plot(found: list[dict[str, Any]]) -> None:
    """Draw processor time and memory over rows."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "dataframes"
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6))
    for axes, name, label in (
        (panels[0], "cpu_s", "seconds of processor time"),
        (panels[1], "peak_mb", "peak memory, MB"),
    ):
        for tool in PROGRAMS:
            points = [(r["rows"], r[name]) for r in found if r["tool"] == tool]
            axes.plot(
                *zip(*points, strict=True),
                label=tool,
                color=COLOURS[tool],
                marker=MARKERS[tool],
            )
        axes.set(xscale="log", yscale="log", xlabel="rows", ylabel=label)
        axes.grid(visible=True, color="#dddddd")
    panels[0].legend()
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> None:
    """Measure, write the result, draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2)
    runs = parser.parse_args().runs
    found = []
    for rows in SIZES:
        with TemporaryDirectory() as name:
            folder = Path(name)
            make(rows, folder)
            for tool in PROGRAMS:
                best = min(
                    (measure(tool, folder) for _ in range(runs)), key=lambda m: m["cpu_s"]
                )
                found.append({"tool": tool, "rows": rows, **best})
                print(found[-1], flush=True)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    packages = ("pandas", "polars", "duckdb")
    result = {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores,"
        f" {round(psutil.virtual_memory().total / 2**30)} GB,"
        f" {platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "results": found,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    plot(found)


if __name__ == "__main__":
    main()
