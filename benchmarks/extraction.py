"""Extract 1,000,000 rows from PostgreSQL in four ways; time and memory of each.

Each way runs in a process of its own, which notes its own peak. Nothing is asserted: a
benchmark is no test. The drawing is shown by docs/extraction/database.md.

    uv run python benchmarks/extraction.py [--rows 1000000] [--write]
"""

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg

from guidance.engines import PostgresServer
from guidance.evidence import load_example
from guidance.paths import DOCS

WAYS = {
    "copy": "COPY TO STDOUT",
    "batches": "named cursor, 5,000 at a time",
    "plain": "plain cursor, row by row",
    "fetchall": "plain cursor, fetchall()",
}
DRAWING = DOCS / "extraction" / "database-memory.svg"


def peak_mib() -> int:
    """Return the most memory that this process ever had, in MiB (Linux)."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) >> 10


def extract(way: str, url: str) -> None:
    """Extract in one way, and print how long it took and what the peak grew by."""
    streaming: Any = load_example("extraction/database/streaming.py")
    wrong: Any = load_example("extraction/database/wrong/looks_like_streaming.py")
    query = streaming.query_of("public", "many", ["report_id", "ward", "description"])
    with psycopg.connect(url) as connection, open(os.devnull, "wb") as out:
        connection.execute("SELECT 1").fetchall()
        before, begun = peak_mib(), time.monotonic()
        if way == "copy":
            streaming.copy_out(connection, query, out)
        elif way == "batches":
            for _ in streaming.batches(connection, query):
                pass
        elif way == "plain":
            wrong.copy_out(connection, query, out)
        else:
            connection.execute(query).fetchall()
        took = time.monotonic() - begun
    print(json.dumps({"seconds": round(took, 1), "mib": peak_mib() - before}))


def measure(rows: int) -> dict[str, dict[str, float]]:
    """Make the table and extract it in each way."""
    found = {}
    with PostgresServer() as server:
        url = server.create_database()
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute(
                "CREATE TABLE many AS SELECT n AS report_id, 'Ward ' || n %% 30 AS ward,"
                " repeat('The drain is blocked. ', 5) || n AS description"
                " FROM generate_series(1, %s::int) AS n",
                (rows,),
            )
        for way, name in WAYS.items():
            done = subprocess.run(
                [sys.executable, __file__, "--way", way, "--url", url],
                capture_output=True,
                text=True,
                check=True,
                timeout=600,
            )
            found[way] = json.loads(done.stdout)
            print(f"{name:32} {found[way]['seconds']:6} s {found[way]['mib']:6} MiB")
    return found


def draw(found: dict[str, dict[str, float]], rows: int) -> None:
    """Write the drawing: one bar for each way."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "extraction"
    import matplotlib.pyplot as plt

    names, mib = list(WAYS.values())[::-1], [found[way]["mib"] for way in WAYS][::-1]
    figure, axes = plt.subplots(figsize=(7.5, 3))
    bars = axes.barh(names, mib, color="#1a5a9a")
    axes.bar_label(bars, [f"{value:,.0f} MiB" for value in mib], padding=4)
    axes.set_xlim(0, max(mib) * 1.2)
    axes.set_xlabel(f"memory that {rows:,} rows took in the client (MiB)")
    memory = psutil.virtual_memory().total >> 30
    axes.set_title(
        f"{dt.datetime.now(dt.UTC):%B %Y}, {os.cpu_count()} cores, {memory} GiB,"
        f" Python {platform.python_version()}, psycopg {psycopg.__version__}",
        fontsize=9,
        loc="left",
    )
    figure.tight_layout()
    figure.savefig(DRAWING, metadata={"Date": None}, facecolor="white")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true", help="draw it for the page")
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        extract(arguments.way, arguments.url)
    else:
        measured = measure(arguments.rows)
        if arguments.write:
            draw(measured, arguments.rows)
