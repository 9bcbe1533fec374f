"""Measure how much of a table one question reads: CSV, Parquet, partitioned Parquet.

Writes a year of readings of 20 gauges (700,800 rows) in three ways, asks each for the mean
of one day, and draws what was read. Prints the table of docs/principles/cost.md.

    uv run python benchmarks/bytes_scanned.py [--plot docs/assets/plots/bytes-scanned.svg]
"""

import argparse
import os
import time
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import pyarrow as pa

from guidance.evidence import load_example

KEPT = ("csv", "parquet", "partitioned")


def readings(days: int, gauges: int = 20) -> Any:
    """Return a table of readings, four an hour, sorted by day; the same each time."""
    numbers = np.random.default_rng(7)
    rows = days * gauges * 96
    first = date(2026, 1, 1)
    names = [f"{3000 + number}TH" for number in range(gauges)]
    return pa.table(
        {
            "day": np.repeat([first + timedelta(days=n) for n in range(days)], gauges * 96),
            "station": np.tile(np.repeat(names, 96), days),
            "value": np.round(numbers.gamma(2.0, 0.2, rows), 3),
            "note": np.tile(["telemetry", "telemetry, estimated"], rows // 2),
        }
    )


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plot", type=Path)
    plot: Path | None = parser.parse_args().plot
    scanned = load_example("principles/cost/scanned.py")
    table = readings(365)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        scanned.write(table, folder)
        found = []
        for kept in KEPT:
            began = time.perf_counter()
            mean, count = scanned.mean_of_day(folder, kept, date(2026, 6, 1))
            found.append((kept, count, 1000 * (time.perf_counter() - began), mean))
    memory = psutil.virtual_memory().total / 2**30
    print(f"{len(table):,} rows, {os.cpu_count()} cores, {memory:.0f} GiB, {date.today()}")  # noqa: DTZ011
    for kept, count, milliseconds, mean in found:
        share = found[0][1] / count
        print(
            f"{kept:<12}{count:>12,} bytes 1/{share:<8.0f}{milliseconds:>7.1f} ms {mean:.4f}"
        )
    if plot:
        draw(plot, [(kept, count) for kept, count, _, _ in found])


def draw(path: Path, found: list[tuple[str, int]]) -> None:
    """Draw the bytes as bars, on a logarithmic scale."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "bytes-scanned"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 2.4), layout="constrained")
    names = {"csv": "CSV", "parquet": "Parquet", "partitioned": "Parquet by day"}
    bars = axes.barh(
        [names[kept] for kept, _ in found], [n for _, n in found], color="#1d70b8"
    )
    axes.bar_label(bars, labels=[f"{n:,} bytes" for _, n in found], padding=4)
    axes.set_xscale("log")
    axes.set_xlim(1_000, 2_000_000_000)
    axes.set_xlabel("bytes read for the mean of one day (logarithmic)")
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
