"""Measure one increment of a dbt model, by strategy, while history grows.

An increment is always one day of 20 gauges, 1,920 rows. Four histories wait for it, from
10 days to 520. Every strategy takes the same day into a table that holds the rest, and is
set back before the next run. Noted are the seconds of dbt's own statements in the database
(not of starting dbt) and the rows that the whole command read. Of several runs the median
counts, the first is thrown away.

Rows do not depend on what else the machine does; seconds do. So the load is written down
with the result. Writes ``benchmarks/incremental.json`` and the plot on the page. Nothing is
asserted.

    uv run python benchmarks/incremental.py [--runs 5]
    uv run python benchmarks/incremental.py --draw      # the plot again, from the result
"""

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib as mpl
import psutil
import psycopg
from dbt.cli.main import dbtRunner
from psycopg.conninfo import conninfo_to_dict

from guidance.engines import PostgresServer, environment
from guidance.paths import DOCS, EXAMPLES, ROOT

RESULT = ROOT / "benchmarks" / "incremental.json"
PLOT = DOCS / "transformation" / "incremental.svg"
PROFILES = EXAMPLES / "river-levels-etl" / "dbt"
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
GAUGES = 20
DAYS = [10, 40, 160, 520]
ROWS_A_DAY = GAUGES * 96

KEY = "unique_key=['measure_id', 'observed_at']"
INDEXES = (
    "indexes=[{'columns': ['measure_id', 'observed_at'], 'unique': true},"
    " {'columns': ['loaded_at']}]"
)
NEW_ROWS = """
{% if is_incremental() %}
where loaded_at > (
    select coalesce(max(done.loaded_at), '-infinity') from {{ this }} as done
)
{% endif %}
"""
STRATEGIES = {
    "full_rebuild": (f"materialized='table', {INDEXES}", ""),
    "append": (
        f"materialized='incremental', incremental_strategy='append', {INDEXES}",
        NEW_ROWS,
    ),
    "merge": (
        f"materialized='incremental', incremental_strategy='merge', {KEY}, {INDEXES}",
        NEW_ROWS,
    ),
    "delete_insert": (
        f"materialized='incremental', incremental_strategy='delete+insert', {KEY}, {INDEXES}",
        NEW_ROWS,
    ),
    "microbatch": (
        "materialized='incremental', incremental_strategy='microbatch',"
        " event_time='observed_at', begin='2026-01-01', batch_size='day', lookback=0,"
        f" {KEY}, {INDEXES}",
        "",
    ),
    "merge_no_index": (
        f"materialized='incremental', incremental_strategy='merge', {KEY}",
        NEW_ROWS,
    ),
}
NAMES = {
    "full_rebuild": "full rebuild",
    "merge_no_index": "merge, no index",
    "merge": "merge",
    "delete_insert": "delete+insert",
    "microbatch": "microbatch",
    "append": "append",
}
STYLES = {
    "full_rebuild": ("#9c1c13", "o", "-"),
    "merge_no_index": ("#c04b1e", "x", "--"),
    "merge": ("#1a5a9a", "s", "-"),
    "delete_insert": ("#2f7d4f", "^", "-"),
    "microbatch": ("#6b4a9e", "D", "-"),
    "append": ("#484f56", "v", "-"),
}
PROJECT = """
name: benchmark
version: "1.0"
profile: river_levels
flags:
  send_anonymous_usage_stats: false
models:
  # What a session read of its temporary tables counts only if it tells before it ends.
  +post-hook: select pg_stat_force_next_flush()
"""
SOURCES = """
version: 2
sources:
  - name: raw
    tables:
      - name: readings
        config: {event_time: observed_at}
"""


class Dbt:
    """dbt in this process, over a project that this file writes."""

    def __init__(self, folder: Path) -> None:
        (folder / "models").mkdir()
        (folder / "dbt_project.yml").write_text(PROJECT, "utf-8")
        (folder / "models" / "_sources.yml").write_text(SOURCES, "utf-8")
        for name, (config, where) in STRATEGIES.items():
            (folder / "models" / f"{name}.sql").write_text(
                f"{{{{ config({config}) }}}}\n"
                "select measure_id, observed_at, value, loaded_at\n"
                f"from {{{{ source('raw', 'readings') }}}}\n{where}",
                "utf-8",
            )
        self._places = [
            *("--project-dir", str(folder), "--profiles-dir", str(PROFILES)),
            *("--log-level", "none", "--log-level-file", "none", "--no-write-json"),
        ]
        self._seconds = 0.0
        parsed = dbtRunner().invoke(["parse", *self._places])
        if not parsed.success:
            raise SystemExit(f"dbt cannot parse: {parsed.exception}")
        self._runner = dbtRunner(manifest=parsed.result, callbacks=[self._listen])

    def _listen(self, event: Any) -> None:
        """Add up the time of the statements that belong to a model."""
        if (
            event.info.name in {"SQLQueryStatus", "SQLCommit"}
            and event.data.node_info.node_name
        ):
            self._seconds += float(getattr(event.data, "elapsed", 0.0))

    def run(self, model: str, day: dt.datetime) -> float:
        """Build a model, the microbatch one for this day; return its seconds of SQL."""
        window = [f"--event-time-start={day:%F}", f"--event-time-end={day + DAY:%F}"]
        self._seconds = 0.0
        done = self._runner.invoke(["run", "--select", model, *window, *self._places])
        if not done.success:
            raise SystemExit(f"{model} failed: {done.exception or done.result}")
        return self._seconds


def rows_read(watcher: psycopg.Connection) -> int:
    """Return how many rows a database has read, its catalogue left out.

    Counted are rows of sequential scans and entries of index scans, once the sessions
    that made them have ended and told it.
    """
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    read = (
        "WITH own AS (SELECT oid AS relid FROM pg_class WHERE NOT relisshared)"
        " SELECT tup_returned"
        " - (SELECT sum(seq_tup_read) FROM pg_stat_sys_tables JOIN own USING (relid))"
        " - (SELECT sum(idx_tup_read) FROM pg_stat_sys_indexes JOIN own USING (relid))"
        " FROM pg_stat_database WHERE datname = current_database()"
    )
    for _ in range(100):
        if watcher.execute(others).fetchone() == (0,):
            watcher.execute("SELECT pg_stat_force_next_flush()")
            row = watcher.execute(read).fetchone()
            assert row is not None
            return int(row[0])
        time.sleep(0.05)
    raise SystemExit("a session of dbt stayed open")


def fill(url: str, first: int, days: int) -> None:
    """Write the days from the first on, each loaded on the day after."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO raw.readings"
            " SELECT 'gauge ' || g, %(start)s + q * interval '15 minutes',"
            " 0.4 + (q * 7919 %% 1000) / 1000.0, %(start)s + (q / 96 + 1) * interval '1 day'"
            " FROM generate_series(%(first)s::int, %(last)s::int) AS q,"
            " generate_series(1, %(gauges)s::int) AS g",
            {
                "start": START,
                "first": first * 96,
                "last": days * 96 - 1,
                "gauges": GAUGES,
            },
        )


def measure(server: PostgresServer, days: int, runs: int) -> list[dict[str, Any]]:
    """Take one more day into a history of so many, by each strategy."""
    url = server.create_database()
    database = str(conninfo_to_dict(url)["dbname"])
    new_day = START + days * DAY
    with (
        TemporaryDirectory() as folder,
        psycopg.connect(url, autocommit=True) as watcher,
        environment(**libpq(url)),
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "CREATE SCHEMA raw; CREATE TABLE raw.readings (measure_id text,"
                " observed_at timestamptz, value double precision, loaded_at timestamptz,"
                " PRIMARY KEY (measure_id, observed_at));"
                "CREATE INDEX ON raw.readings (loaded_at);"
                "CREATE INDEX ON raw.readings (observed_at)"
            )
        dbt = Dbt(Path(folder))
        for model in STRATEGIES:  # empty tables, as dbt makes them
            dbt.run(model, new_day)
        fill(url, 0, days)
        with psycopg.connect(url, autocommit=True) as connection:
            for model in STRATEGIES:
                connection.execute(f"INSERT INTO dbt.{model} SELECT * FROM raw.readings")
        fill(url, days, days + 1)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")
        found: dict[str, list[tuple[float, int]]] = {model: [] for model in STRATEGIES}
        for _ in range(runs + 1):
            for model in STRATEGIES:
                before = rows_read(watcher)
                seconds = dbt.run(model, new_day)
                found[model].append((seconds, rows_read(watcher) - before))
                set_back(url, model, days, new_day + DAY)
    drop(server, database)
    results = []
    for model, measured in found.items():
        seconds = statistics.median(s for s, _ in measured[1:])
        rows = statistics.median(read for _, read in measured[1:])
        results.append(
            {
                "strategy": model,
                "history_rows": days * ROWS_A_DAY,
                "new_rows": ROWS_A_DAY,
                "seconds": round(seconds, 4),
                "rows_read": round(rows),
                "all_seconds": [round(s, 4) for s, _ in measured[1:]],
            }
        )
        print(results[-1], flush=True)
    return results


def set_back(url: str, model: str, days: int, loaded_at: dt.datetime) -> None:
    """Take the new day out again; complain if it was not there, whole and once."""
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(
            f"DELETE FROM dbt.{model} WHERE loaded_at = %s", (loaded_at,)
        )
        left = connection.execute(f"SELECT count(*) FROM dbt.{model}").fetchone()
        if done.rowcount != ROWS_A_DAY or left != (days * ROWS_A_DAY,):
            raise SystemExit(f"{model}: {done.rowcount} new rows, {left} others")
        # Without it, VACUUM leaves a few dead entries in the index, to be read next time.
        connection.execute(f"VACUUM (INDEX_CLEANUP ON) dbt.{model}")


def drop(server: PostgresServer, database: str) -> None:
    """Drop a database that is done with."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


def libpq(url: str) -> dict[str, str]:
    """Return libpq's variables for a connection URL."""
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    parts = conninfo_to_dict(url)
    variables = {f"PG{name}": str(parts[key]) for key, name in names.items()}
    return variables | {"PGDATABASE": str(parts["dbname"])}


def plot(result: dict[str, Any]) -> None:
    """Draw time and rows read over the history."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "incremental"
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(9, 4))
    for axes, name, label in (
        (panels[0], "seconds", "seconds in the database"),
        (panels[1], "rows_read", "rows read"),
    ):
        for strategy, (colour, marker, line) in STYLES.items():
            points = [
                (r["history_rows"], r[name])
                for r in result["results"]
                if r["strategy"] == strategy
            ]
            axes.plot(
                *zip(*points, strict=True),
                label=NAMES[strategy],
                color=colour,
                marker=marker,
                linestyle=line,
            )
        axes.set(xscale="log", yscale="log", xlabel="rows of history", ylabel=label)
        axes.grid(visible=True, color="#dddddd")
    panels[0].legend(fontsize="small")
    figure.suptitle(f"One day of {ROWS_A_DAY:,} new rows, by strategy")
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


def main() -> None:
    """Measure, write the result, draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--draw", action="store_true", help="draw the written result only")
    arguments = parser.parse_args()
    if arguments.draw:
        plot(json.loads(RESULT.read_text("utf-8")))
        return
    began, load_before = time.monotonic(), os.getloadavg()[0]
    found: list[dict[str, Any]] = []
    settings = {
        "autovacuum": "off",
        "fsync": "on",
        "full_page_writes": "on",
        "max_wal_size": "4GB",
    }
    with PostgresServer(settings=settings) as server:
        for days in DAYS:
            found += measure(server, days, arguments.runs)
        version = server.version
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    )
    memory = round(psutil.virtual_memory().total / 2**30)
    result = {
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores, {memory} GB,"
        f" {platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "load_average": [round(load_before, 1), round(os.getloadavg()[0], 1)],
        "took_seconds": round(time.monotonic() - began),
        "runs": arguments.runs,
        "versions": {"PostgreSQL": version}
        | {name: importlib.metadata.version(name) for name in ("dbt-core", "dbt-postgres")},
        "results": found,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    plot(result)


if __name__ == "__main__":
    main()
