"""Upsert the same rows with the pipeline's load, and with six other tools, in one run.

A table holds 200,000 readings. A CSV file brings 200,000: half are new, a quarter changed, a
quarter is as it was. Each tool takes the file to the same end, in a process of its own; its
time counts only if the sorted rows then have the right SHA-256. The tools take turns, round
after round, and medians are compared. Then the extraction, against `requests` in a loop that
is as polite.

The tools are installed by the uv project in benchmarks/peers. Writes
``benchmarks/peers.json``, the drawing, the tables, and the marked parts of
docs/reference/proofs.md. Nothing is asserted of the times: a benchmark is no test.

    uv run python benchmarks/peers.py            # about five quiet minutes on two cores
    uv run python benchmarks/peers.py --draw     # drawing and tables, from the result
"""

import argparse
import datetime as dt
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import measured
import psycopg
from measured import table

from guidance.engines import PostgresServer, ReplayServer
from guidance.engines.aws import _installed
from guidance.paths import DOCS, ROOT

RESULT = ROOT / "benchmarks" / "peers.json"
TABLES = ROOT / "benchmarks" / "tables"
DRAWINGS = DOCS / "reference"
PAGE_OF = DRAWINGS / "proofs.md"
PROJECT = ROOT / "benchmarks" / "peers"
ROWS = 200_000
ROUNDS = 3
SERIES = 300
NAMES = {
    "pipeline": "the pipeline's load",
    "psql": "psql `\\copy`, then MERGE",
    "adbc": "ADBC, then MERGE",
    "duckdb": "DuckDB, then MERGE",
    "pandas": "pandas `to_sql`, then MERGE",
    "sqlalchemy": "SQLAlchemy, ON CONFLICT",
    "dlt": "dlt, merge by upsert",
}
SOURCES = {"pipeline": "the pipeline's extract", "requests": "`requests` in a loop"}
PACKAGES = {
    "adbc-driver-postgresql": "ADBC",
    "dlt": "dlt",
    "duckdb": "DuckDB",
    "pandas": "pandas",
    "sqlalchemy": "SQLAlchemy",
}
SETTINGS = {"fsync": "on", "full_page_writes": "on", "max_wal_size": "4GB"}
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
STEP = dt.timedelta(minutes=15)
OLD, NEW = "2026-10-01T00:00:00+00:00", "2026-10-02T00:00:00+00:00"
UNTOUCHED = "2026-10-01T00:01:00+00:00"
MANIFEST_ID = 2
PER_SECOND = 50.0
DAYS = 7


# --- the rows -------------------------------------------------------------------------


def rows(first: int, count: int, seen: int) -> Any:
    """Yield CSV lines; of the first ``seen`` rows, every other value has changed."""
    for number in range(first, first + count):
        step, series = divmod(number, SERIES)
        value = 0.4 + number * 7919 % 1000 / 1000
        if number < first + seen and number % 2:
            value += 0.001
        at = START + step * STEP
        name = f"{1000 + series}TH-level-stage-i-15_min-mASD"
        yield f"{name},{at.isoformat()},{value:.3f},{number // 10_000}\n"


def write_files(folder: Path, count: int) -> tuple[Path, Path]:
    """Write what the table holds before, and what arrives."""
    before, arriving = folder / "before.csv", folder / "arriving.csv"
    before.write_text("".join(rows(0, count, 0)), "ascii")
    half = count // 2
    arriving.write_text("".join(rows(half, count, half)), "ascii")
    return before, arriving


# --- the table before, and after --------------------------------------------------------


def prepare(url: str, before: Path) -> None:
    """Make the pipeline's tables, and a copy of what is in them before each turn."""
    from river_levels.database import connect, migrate

    engine = connect(url.replace("postgresql", "postgresql+psycopg", 1), "benchmark")
    migrate(engine)
    engine.dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE before (LIKE raw.readings)")
        connection.execute(
            f"ALTER TABLE before ALTER fetched_at SET DEFAULT '{OLD}',"
            " ALTER manifest_id SET DEFAULT 1,"
            f" ALTER loaded_at SET DEFAULT '{UNTOUCHED}'"
        )
        command = (
            "COPY before (measure_id, observed_at, value, page_no) FROM STDIN (FORMAT csv)"
        )
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            copy.write(before.read_bytes())


def reset(url: str, way: str) -> None:
    """Put the table back; for dlt its own, which its first run has made."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE raw.readings")
        if way == "dlt":
            connection.execute("TRUNCATE by_dlt.readings")
            connection.execute("INSERT INTO by_dlt.readings SELECT * FROM before_dlt")
            connection.execute("VACUUM ANALYZE by_dlt.readings")
        else:
            connection.execute("INSERT INTO raw.readings SELECT * FROM before")
            connection.execute("VACUUM ANALYZE raw.readings")
        connection.execute("CHECKPOINT")


def digest(url: str, way: str) -> dict[str, str]:
    """Return the SHA-256 of the sorted rows.

    ``rows`` has every column that all tools can keep. ``moved`` has, besides, whether
    ``loaded_at`` moved: whoever reads increments must not get what did not change.
    """
    name = "by_dlt.readings" if way == "dlt" else "raw.readings"
    columns = "measure_id, observed_at, value, fetched_at, manifest_id, page_no"
    queries = {"rows": columns}
    if way != "dlt":
        queries["moved"] = f"{columns}, loaded_at <> '{UNTOUCHED}'"
    found = {}
    with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
        for key, wanted in queries.items():
            content = hashlib.sha256()
            query = f"COPY (SELECT {wanted} FROM {name} ORDER BY 1, 2) TO STDOUT"
            with connection.cursor() as cursor, cursor.copy(query) as copy:
                for block in copy:
                    content.update(block)
            found[key] = content.hexdigest()
    return found


# --- the pipeline's own path ------------------------------------------------------------


def by_pipeline(url: str, file: Path, fetched_at: str, manifest_id: int) -> dict[str, Any]:
    """Load the file as `load` does with what it has parsed, in this process."""
    from river_levels import load, sql
    from river_levels.database import connect, psycopg_of, take_turn
    from river_levels.storage import Manifest
    from river_levels.windows import Window, parse_utc

    engine = connect(url.replace("postgresql", "postgresql+psycopg", 1), "benchmark")
    window = Window(START, parse_utc(NEW))
    manifest = Manifest("peers", window, parse_utc(fetched_at), ())
    parsed = load.Parsed()
    parsed.readings._file.write(file.read_bytes())  # what `parse` leaves behind
    parsed.read = sum(1 for _ in file.open("rb"))
    sent, copy_in = 0.0, load.copy_in

    def noted(connection: psycopg.Connection[Any], spool: load.Spool) -> None:
        nonlocal sent
        copy_in(connection, spool)
        sent = sent or time.perf_counter()

    load.copy_in = noted
    began, spent = time.perf_counter(), time.process_time()
    with engine.begin() as connection:
        take_turn(connection, "load")
        with psycopg_of(connection).cursor() as cursor:
            cursor.execute(sql.read("stage"))
        load._merge(connection, parsed, manifest, manifest_id)
    took, cpu = time.perf_counter() - began, time.process_time() - spent
    parsed.close()
    engine.dispose()
    return {
        "sent_s": round(sent - began, 3),
        "seconds": round(took, 3),
        "client_cpu_s": round(cpu, 3),
        "peak_mib": measured.peak_mib(),
    }


# --- turns ----------------------------------------------------------------------------


class Contest:
    """One server, one file, and the tools that take turns."""

    def __init__(self, server: PostgresServer, folder: Path, count: int) -> None:
        self.server, self.count = server, count
        self.python = _installed(PROJECT, sys.executable)
        self.url = server.create_database()
        self.before, self.arriving = write_files(folder, count)
        prepare(self.url, self.before)

    def turn(self, way: str, file: Path, fetched_at: str, manifest_id: int) -> dict[str, Any]:
        """Let a tool bring a file to its table, in a process of its own."""
        mine = [sys.executable, __file__, "--way"]
        theirs = [str(self.python), str(PROJECT / "contenders.py")]
        program = mine if way == "pipeline" else theirs
        spent = self._server_cpu_s()
        done = subprocess.run(
            [*program, way, self.url, str(file), fetched_at, str(manifest_id)],
            env=os.environ | {"PATH": f"{self.server.binaries}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        server_cpu_s = self._server_cpu_s() - spent
        return found | {"cpu_s": round(found["client_cpu_s"] + server_cpu_s, 3)}

    def _server_cpu_s(self) -> float:
        """Return what the server has used so far; 0 if it is not ours to look at."""
        process = getattr(self.server, "_process", None)
        return measured.cpu_s(process.pid) if process else 0.0

    def prepare_dlt(self) -> None:
        """Let dlt make its own table and fill it; give it the key that it does not make."""
        self.turn("dlt", self.before, OLD, 1)
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "ALTER TABLE by_dlt.readings ADD PRIMARY KEY (measure_id, observed_at)"
            )
            connection.execute("CREATE TABLE before_dlt AS TABLE by_dlt.readings")

    def run(self, ways: Sequence[str], rounds: int) -> dict[str, Any]:
        """Let all take turns; return medians, and whether the rows were right."""
        if "dlt" in ways:
            self.prepare_dlt()
        turns: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
        right: dict[str, str] = {}
        for number in range(rounds):
            for way in ways:
                reset(self.url, way)
                found = self.turn(way, self.arriving, NEW, MANIFEST_ID)
                found["sha256"] = digest(self.url, way)
                right = right or found["sha256"]
                found["counts"] = all(
                    right[key] == value for key, value in found["sha256"].items()
                )
                turns[way].append(found)
                told = f"{found['seconds']:9.2f} s  {'' if found['counts'] else 'WRONG ROWS'}"
                print(f"round {number + 1}  {NAMES[way]:<32}{told}", flush=True)
        return {
            way: {
                key: round(statistics.median(one[key] for one in found), 3)
                for key in ("seconds", "cpu_s", "sent_s", "peak_mib")
            }
            | {
                "all_seconds": [one["seconds"] for one in found],
                "counts": all(one["counts"] for one in found),
                "sha256": found[0]["sha256"],
            }
            for way, found in turns.items()
        }


# --- extraction -----------------------------------------------------------------------


def extract(way: str, root: str, per_second: float) -> dict[str, Any]:
    """Fetch the stations and a week of each one's readings, in this process."""
    import requests

    from guidance.engines.replay import DEFAULT_NOW
    from river_levels.flood_api import FloodApi
    from river_levels.http import PoliteClient, RateLimiter
    from river_levels.parse import last_segment
    from river_levels.windows import Window

    end = DEFAULT_NOW.astimezone(dt.UTC)
    window = Window(end - dt.timedelta(days=DAYS), end)
    items: list[Any] = []
    calls, began = 0, time.perf_counter()
    if way == "pipeline":
        client = PoliteClient(root, "benchmark", RateLimiter(per_second))
        api = FloodApi(client)
        stations = api.stations(51.39, -0.22, 9)
        names = [last_segment(one) for page in stations for one in page.items]
        calls += len(stations)
        for name in dict.fromkeys(names):
            for page in api.readings(str(name), window):
                calls += 1
                items += page.items
        client.close()
    else:

        def get(path: str, **params: str) -> list[Any]:
            nonlocal calls
            time.sleep(1 / per_second)
            calls += 1
            reply = requests.get(root + path, params, timeout=30)
            reply.raise_for_status()
            found = reply.json()["items"]
            return found if isinstance(found, list) else [found]

        first, last = window.days()
        stations = get("/id/stations", lat="51.39", long="-0.22", dist="9")
        names = [last_segment(one) for one in stations]
        for name in dict.fromkeys(names):
            items += get(
                f"/id/stations/{name}/readings?_sorted",
                startdate=str(first),
                enddate=str(last),
                _limit="10000",
            )
    took = time.perf_counter() - began
    lines = sorted(json.dumps(item, sort_keys=True) for item in items)
    return {
        "seconds": round(took, 3),
        "calls": calls,
        "items": len(items),
        "peak_mib": measured.peak_mib(),
        "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }


def contest_of_extraction(rounds: int) -> dict[str, Any]:
    """Let both fetch in turns, from the replay of the source, at most so many a second."""
    turns: dict[str, list[dict[str, Any]]] = {way: [] for way in SOURCES}
    with ReplayServer() as source:
        for number in range(rounds):
            for way, found in turns.items():
                done = subprocess.run(
                    [sys.executable, __file__, "--extract", way, source.url, str(PER_SECOND)],
                    stdout=subprocess.PIPE,
                    text=True,
                    check=True,
                )
                found.append(json.loads(done.stdout))
                told = f"{found[-1]['seconds']:9.2f} s, {found[-1]['calls']} calls"
                print(f"round {number + 1}  {SOURCES[way]:<32}{told}", flush=True)
    right = turns["pipeline"][0]["sha256"]
    return {
        way: found[0]
        | {"seconds": statistics.median(one["seconds"] for one in found)}
        | {"peak_mib": statistics.median(one["peak_mib"] for one in found)}
        | {"all_seconds": [one["seconds"] for one in found]}
        | {"counts": all(one["sha256"] == right for one in found)}
        for way, found in turns.items()
    }


# --- what the page shows --------------------------------------------------------------


def draw(result: dict[str, Any], tables: Path = TABLES, drawings: Path = DRAWINGS) -> None:
    """Write the drawing and the tables, from the result."""
    ways = {w: r for w, r in result["load"].items() if r["counts"]}
    first = ways["psql"]["seconds"]
    order = sorted(ways, key=lambda way: ways[way]["seconds"])
    lines = []
    for way in order:
        one = ways[way]
        lines.append(
            [
                NAMES[way],
                measured.seconds(one["seconds"]),
                f"{one['seconds'] / first:.2f}",
                measured.seconds(one["sent_s"]),
                measured.seconds(one["cpu_s"]),
                f"{one['cpu_s'] / ways['psql']['cpu_s']:.2f}",
                f"{result['rows'] / one['seconds']:,.0f}",
                f"{one['peak_mib']:,.0f} MiB",
            ]
        )
    head = ["way", "time", "ratio", "until sent", "processor", "ratio of it"]
    head += ["rows a second", "peak memory"]
    text = table(head, lines)
    wrong = [NAMES[way] for way in result["load"] if way not in ways]
    if wrong:
        text += f"\nNot counted, because its rows were wrong: {', '.join(wrong)}.\n"
    text += (
        f"\n{result['rows']:,} rows into a table of {result['rows']:,}: half new, a quarter"
        f" changed, a quarter as before. Medians of {result['rounds']} interleaved rounds;"
        " ratios to psql. SQLAlchemy and dlt merge while they send. Processor: of the tool and"
        " the server together; other work on the machine changes it less than the time.\n\n"
    )
    measured.write(
        tables / "peers-load.md", text + measured.told(result, "benchmarks/peers.py")
    )

    sources = result["extract"]
    plain = sources["requests"]["seconds"]
    measured.write(
        tables / "peers-extract.md",
        table(
            ["way", "time", "ratio", "calls", "items", "peak memory"],
            [
                [
                    SOURCES[way],
                    measured.seconds(one["seconds"]),
                    f"{one['seconds'] / plain:.2f}",
                    f"{one['calls']:,}",
                    f"{one['items']:,}",
                    f"{one['peak_mib']:,.0f} MiB",
                ]
                for way, one in sources.items()
                if one["counts"]
            ],
        )
        + f"\nAt most {result['per_second']:g} calls a second, a week of every gauge of the"
        f" replay; medians of {result['rounds']} interleaved rounds of the same run.\n",
    )
    told = "; ".join(
        f"{NAMES[way].replace('`', '')} {ways[way]['seconds'] / first:.2f}" for way in order
    )
    measured.write(
        tables / "peers-plot.md",
        f"![Bar chart of times as multiples of psql's, shortest first: {told}.]"
        "(proofs-peers.svg)\n",
    )
    plot(result, ways, order, drawings / "proofs-peers.svg")


def plot(result: dict[str, Any], ways: dict[str, Any], order: list[str], path: Path) -> None:
    """Draw the ratios as bars, the sending and the merging apart."""
    plt = measured.pyplot("peers")
    first = ways["psql"]["seconds"]
    figure, axes = plt.subplots(figsize=(8, 3.6))
    names = [NAMES[way].replace("`", "") for way in order][::-1]
    sent = [ways[way]["sent_s"] / first for way in order][::-1]
    whole = [ways[way]["seconds"] / first for way in order][::-1]
    rest = [all_of - part for all_of, part in zip(whole, sent, strict=True)]
    axes.barh(names, sent, color="#1a5a9a", label="until the rows are in the server")
    bars = axes.barh(names, rest, left=sent, color="#c98a2b", hatch="//", label="merge")
    axes.bar_label(bars, [f"{value:.2f}" for value in whole], padding=4)
    axes.set_xlim(0, max(whole) * 1.15)
    axes.set_xlabel("time, as a multiple of psql's")
    axes.legend(loc="upper right", fontsize="small")
    axes.set_title(
        f"{result['rows']:,} rows, {result['date']}, {result['cores']} cores,"
        f" {result['memory_gib']} GiB, commit {result['commit']}",
        fontsize=9,
        loc="left",
    )
    measured.save(figure, path)
    plt.close(figure)


def main() -> None:
    """Measure, write the result, draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--draw", action="store_true", help="draw the written result only")
    parser.add_argument("--way", nargs=5, help=argparse.SUPPRESS)
    parser.add_argument("--extract", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        _, url, file, fetched_at, manifest_id = arguments.way
        print(json.dumps(by_pipeline(url, Path(file), fetched_at, int(manifest_id))))
        return
    if arguments.extract:
        way, root, per_second = arguments.extract
        print(json.dumps(extract(way, root, float(per_second))))
        return
    if not arguments.draw:
        with measured.circumstances(["psycopg", "requests"]) as result:
            with PostgresServer(settings=SETTINGS) as server, TemporaryDirectory() as folder:
                result["versions"] |= {"PostgreSQL": server.version}
                contest = Contest(server, Path(folder), arguments.rows)
                result["versions"] |= measured.installed(contest.python, PACKAGES)
                result |= {"rows": arguments.rows, "rounds": arguments.rounds}
                result["load"] = contest.run(list(NAMES), arguments.rounds)
            result["per_second"] = PER_SECOND
            result["extract"] = contest_of_extraction(arguments.rounds)
        RESULT.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    draw(json.loads(RESULT.read_text("utf-8")))
    measured.refresh_page(PAGE_OF, TABLES)


if __name__ == "__main__":
    main()
