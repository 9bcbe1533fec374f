"""What docs/reference/proofs.md says of scale and of peers is what was measured.

The benchmarks run here on a few rows: whether they do what they say, not how fast.
"""

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from guidance.engines import AwsEngine, PostgresServer, environment
from guidance.engines.postgres import bundled_binaries, create_database, drop_database
from guidance.paths import DOCS, ROOT

BENCHMARKS = ROOT / "benchmarks"
NAMES = ("scale", "peers")


@pytest.fixture(scope="module")
def modules() -> Iterator[dict[str, Any]]:
    """The benchmarks, imported as they import each other: by their folder."""
    sys.path.insert(0, str(BENCHMARKS))
    yield {name: importlib.import_module(name) for name in (*NAMES, "measured")}
    sys.path.remove(str(BENCHMARKS))


class Server:
    """The PostgreSQL server of this session, as the benchmarks know theirs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.binaries = bundled_binaries()
        self.made: list[str] = []

    def create_database(self) -> str:
        """Create a database and return its URL."""
        name = f"bench_{len(self.made)}"
        drop_database(self.url, name)
        create_database(self.url, name)
        self.made.append(name)
        return f"{self.url.rpartition('/')[0]}/{name}"


# --- what is shown is what was measured ---------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_tables_and_drawings_show_the_result(
    modules: dict[str, Any], name: str, tmp_path: Path
) -> None:
    result = json.loads((BENCHMARKS / f"{name}.json").read_text("utf-8"))

    modules[name].draw(result, tmp_path / "tables", tmp_path)

    made = sorted((tmp_path / "tables").iterdir())
    assert [path.name for path in made] == sorted(
        path.name for path in (BENCHMARKS / "tables").glob(f"{name}-*.md")
    )
    for path in made:
        kept = (BENCHMARKS / "tables" / path.name).read_text("utf-8")
        assert path.read_text("utf-8") == kept, f"run benchmarks/{name}.py --draw"
    drawing = (tmp_path / f"proofs-{name}.svg").read_text("utf-8")
    kept = (DOCS / "reference" / f"proofs-{name}.svg").read_text("utf-8")
    assert words(drawing) == words(kept), f"run benchmarks/{name}.py --draw"
    for fact in (result["date"], result["commit"]):
        assert fact in " ".join(words(drawing))


def words(drawing: str) -> list[str]:
    """Return the texts of an SVG."""
    return re.findall(r"<text [^>]*>([^<]*)</text>", drawing)


def test_the_bars_bear_the_ratios(modules: dict[str, Any]) -> None:
    result = json.loads((BENCHMARKS / "peers.json").read_text("utf-8"))
    shown = words((DOCS / "reference" / "proofs-peers.svg").read_text("utf-8"))
    table = (BENCHMARKS / "tables" / "peers-load.md").read_text("utf-8")
    first = result["load"]["psql"]["seconds"]

    assert set(result["load"]) == set(modules["peers"].NAMES)
    for way, one in result["load"].items():
        assert (f"{one['seconds'] / first:.2f}" in shown) == one["counts"]
        assert (f"| {modules['peers'].NAMES[way]} |" in table) == one["counts"]


def test_a_wrong_table_does_not_count(modules: dict[str, Any], tmp_path: Path) -> None:
    result = json.loads((BENCHMARKS / "peers.json").read_text("utf-8"))
    result["load"]["adbc"] |= {"counts": False, "seconds": 0.001}

    modules["peers"].draw(result, tmp_path, tmp_path)

    table = (tmp_path / "peers-load.md").read_text("utf-8")
    assert "| ADBC, then MERGE |" not in table
    assert "because its rows were wrong: ADBC" in table
    assert "ADBC, then MERGE" not in words((tmp_path / "proofs-peers.svg").read_text("utf-8"))


def test_a_page_gets_the_tables_between_its_marks(
    modules: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "scale-time.md").write_text("| new |\n", "utf-8")
    page = "Above.\n<!-- begin scale-time -->\nold\n<!-- end scale-time -->\nBelow.\n"
    refresh = modules["measured"].refresh

    once = refresh(page, tmp_path)

    assert once == page.replace("old", "\n| new |\n")
    assert refresh(once, tmp_path) == once
    assert refresh("No marks.\n", tmp_path) == "No marks.\n"


def test_the_page_shows_the_tables(modules: dict[str, Any]) -> None:
    path = DOCS / "reference" / "proofs.md"
    if not path.is_file():
        pytest.skip("the page is not there yet")
    page = path.read_text("utf-8")
    assert modules["measured"].refresh(page, BENCHMARKS / "tables") == page
    for table in (BENCHMARKS / "tables").glob("*.md"):
        assert f"<!-- begin {table.stem} -->" in page


def test_lines_and_exponents(modules: dict[str, Any]) -> None:
    measured = modules["measured"]
    fixed, each, worst = measured.line([(10, 7.0), (100, 25.0), (1000, 205.0)])

    assert (fixed, each) == (pytest.approx(5), pytest.approx(0.2))
    assert worst == pytest.approx(0, abs=1e-9)
    assert measured.exponent((10, 3.0), (100, 300.0)) == pytest.approx(2)
    assert [measured.seconds(n) for n in (0.0042, 0.5, 2, 250, 7_200, 172_800)] == [
        "4.2 ms",
        "500 ms",
        "2.0 s",
        "250 s",
        "2.0 h",
        "2.0 days",
    ]


# --- the benchmarks do what they say ------------------------------------------------------


QUICK = ("pipeline", "psql", "adbc", "duckdb", "sqlalchemy")
SLOW = ("psql", "pandas", "dlt")


@pytest.mark.parametrize("ways", [QUICK, pytest.param(SLOW, marks=pytest.mark.audit)])
def test_every_tool_leaves_the_same_table(
    modules: dict[str, Any], postgres_url: str, tmp_path: Path, ways: tuple[str, ...]
) -> None:
    peers, server = modules["peers"], Server(postgres_url)
    rows = 800
    contest = peers.Contest(server, tmp_path, rows)

    found = contest.run(ways, 1)

    assert {*QUICK, *SLOW} == set(peers.NAMES)
    assert all(one["counts"] for one in found.values())
    assert len({one["sha256"]["rows"] for one in found.values()}) == 1
    with psycopg.connect(contest.url) as connection:
        query = (
            "SELECT count(*), count(*) FILTER (WHERE fetched_at = %(new)s),"
            " count(*) FILTER (WHERE loaded_at <> %(untouched)s) FROM raw.readings"
        )
        peers.reset(contest.url, "pipeline")
        values = {"new": peers.NEW, "untouched": peers.UNTOUCHED}
        assert connection.execute(query, values).fetchone() == (rows, 0, 0)
        connection.commit()
        contest.turn("pipeline", contest.arriving, peers.NEW, peers.MANIFEST_ID)
        # Half were new and a quarter changed; a quarter was only seen again.
        counts = connection.execute(query, values).fetchone()
        assert counts == (rows * 3 // 2, rows, rows * 3 // 4)
    drop_database(postgres_url, server.made[0])


def test_a_different_row_changes_the_hash(
    modules: dict[str, Any], postgres_url: str, tmp_path: Path
) -> None:
    peers, server = modules["peers"], Server(postgres_url)
    url = server.create_database()
    before, _ = peers.write_files(tmp_path, 20)
    peers.prepare(url, before)
    peers.reset(url, "pipeline")
    right = peers.digest(url, "pipeline")

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE raw.readings SET loaded_at = now() WHERE page_no = 0")
        moved = peers.digest(url, "pipeline")
        connection.execute("UPDATE raw.readings SET value = value + 1e-9")
        other = peers.digest(url, "pipeline")

    assert moved["rows"] == right["rows"] and moved["moved"] != right["moved"]
    assert other["rows"] != right["rows"]
    drop_database(postgres_url, server.made[0])


def test_both_ways_extract_the_same_items(
    modules: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modules["peers"], "PER_SECOND", 200.0)
    found = modules["peers"].contest_of_extraction(1)

    assert all(one["counts"] for one in found.values())
    assert len({(one["calls"], one["items"]) for one in found.values()}) == 1
    assert found["pipeline"]["items"] > 1_000


def test_a_tiny_history_passes_the_stages(
    modules: dict[str, Any], aws_engine: AwsEngine
) -> None:
    scale, rows = modules["scale"], 2_400
    with PostgresServer() as server, environment(**aws_engine.environment()):
        history = scale.History(server, aws_engine.endpoint_url, rows)
        stored = history.stage("store", rows, history.start, scale.NOW)
        loaded = history.stage("load", rows, history.start, scale.NOW)
        history.age()
        left = scale.partitions(history.url, history.start, scale.NOW, 1)

        assert stored["objects"] == 2
        assert (loaded["read"], loaded["inserted"]) == (rows, rows)
        assert loaded["cpu_s"] > 0 and loaded["server_peak_mib"] > 0
        # All of it was measured in September, and both ways have removed it.
        assert left["drop"]["rows"] == left["delete"]["rows"] == rows
        assert left["day_readings"]["rows"] == left["day_readings_by_month"]["rows"]
        assert left["drop"]["freed_bytes"] > 0


def test_the_invented_replies_are_what_the_source_would_say(modules: dict[str, Any]) -> None:
    from river_levels.parse import Reading, parse_reading, parse_station

    scale = modules["scale"]
    bodies = [json.loads(body) for body in scale.pages(20_100, scale.NOW)]
    items = [parse_reading(item) for body in bodies for item in body["items"]]
    good = [one for one in items if isinstance(one, Reading)]
    listed = json.loads(scale.stations())["items"]

    assert [len(body["items"]) for body in bodies] == [10_000, 10_000, 100]
    assert len(items) - len(good) == 2, "one in 10,000 has no value"
    assert len({(one.measure_id, one.observed_at) for one in good}) == len(good)
    assert sum(len(parse_station(one)) for one in listed) == 2 * scale.SERIES


@pytest.mark.audit
def test_a_tiny_scale_from_end_to_end(modules: dict[str, Any], tmp_path: Path) -> None:
    with modules["measured"].circumstances(["psycopg"]) as result:
        modules["scale"].measure(result, [300, 3_000], 1)
    modules["scale"].draw(result, tmp_path / "tables", tmp_path)

    for one in result["sizes"]:
        assert "fail" not in one["transform"]["statuses"]
    assert [one["history_rows"] for one in result["increments"]] == [300, 3_000]
