"""What certifies the rest is itself hard to fool: the committed measurements say so."""

import json
import runpy
from typing import Any

import pytest

from guidance.paths import DOCS, ROOT

HEADING = "## Own quality"


def result(name: str) -> Any:
    """Return a committed result of ``benchmarks/own_quality.py``."""
    return json.loads((ROOT / "benchmarks" / name).read_text("utf-8"))


@pytest.mark.parametrize(
    "folder", ["src/guidance", "examples/river-levels-etl/src/river_levels"]
)
def test_our_own_code_is_covered(folder: str) -> None:
    measured = result("own_coverage.json")

    assert measured["all_passed"]
    assert measured["measured"][folder]["percent"] >= 95


def test_most_faults_in_the_evidence_and_the_gate_are_noticed() -> None:
    measured = result("own_mutants.json")

    assert measured["tried"] >= 30
    assert len(measured["survived"]) == measured["tried"] - measured["killed"]
    assert measured["killed"] >= 0.8 * measured["tried"]


def test_a_page_that_tells_it_tells_what_was_measured() -> None:
    script = ROOT / "benchmarks" / "own_quality.py"
    table = runpy.run_path(str(script))["words"]()
    pages = [path.read_text("utf-8") for path in (DOCS / "reference").glob("*.md")]

    assert table.count("\n") == 4
    for page in pages:
        assert HEADING not in page or table in page
