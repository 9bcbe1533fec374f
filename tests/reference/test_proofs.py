"""The tables of docs/reference/proofs.md are the committed results, word for word."""

import json
from collections import Counter
from typing import Any

import pytest

from guidance.paths import DOCS, EXAMPLES

RESULTS = EXAMPLES / "reference" / "proofs"
STEPS = ("migrate", "extract", "load", "transform", "serve")


def result(name: str) -> dict[str, Any]:
    """Read a committed result."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return found


def differing(cases: list[dict[str, Any]]) -> int:
    """Count the rows and objects by which cases differ from a clean run."""
    return sum(sum(case["differences"].values()) for case in cases)


def kills_of(step: str) -> list[dict[str, Any]]:
    """Return what became of the kills of a step."""
    found: list[dict[str, Any]] = result(f"kills-{step}")["kills"]
    return found


def kills() -> list[list[str]]:
    """Where the runs were killed."""
    rows = [
        ["Step", "At a boundary", "At an instant", "Came too late", "Recovered", "Differences"]
    ]
    everything = [kill for step in STEPS for kill in kills_of(step)]
    for step, found in [*((step, kills_of(step)) for step in STEPS), ("all", everything)]:
        points = sum(k["kill"]["point"] != "" for k in found)
        late = sum(not k["fell"] for k in found)
        recovered = sum(bool(k["fell"]) and not k["differences"] for k in found)
        numbers = [points, len(found) - points, late, recovered, differing(found)]
        rows.append([step, *map(str, numbers)])
    return rows


def endings(cases: list[dict[str, Any]]) -> str:
    """Say with which exit codes cases ended."""
    codes = Counter(case["exit"] for case in cases)
    return ", ".join(f"{code} ({times})" for code, times in sorted(codes.items()))


def database() -> list[list[str]]:
    """How the database died."""
    names = {
        "stop_immediate": "`pg_ctl stop -m immediate`",
        "kill_backend": "SIGKILL to a session's process",
        "kill_postmaster": "SIGKILL to the server",
    }
    rows = [["How it died", "Times", "Exit code of the run", "Differences"]]
    for way, name in names.items():
        cases = [d for d in result("database")["deaths"] if d["way"] == way]
        rows.append([name, str(len(cases)), endings(cases), str(differing(cases))])
    return rows


def s3() -> list[list[str]]:
    """How S3 failed."""
    names = {
        "slow_down": "503 SlowDown",
        "denied": "403 AccessDenied",
        "reset": "connection reset",
        "reply_lost": "done, but the reply is lost",
    }
    every = sorted({r["every"] for r in result("s3")["refusals"]})
    rows = [["Answer", *(f"n = {n}" for n in every), "Differences"]]
    for how, name in names.items():
        cases = [r for r in result("s3")["refusals"] if r["how"] == how]
        cells = [endings([r for r in cases if r["every"] == n]) for n in every]
        rows.append([name, *cells, str(differing(cases))])
    return rows


def misbehaviour() -> list[list[str]]:
    """How runs ended under a hostile source."""
    found = result("misbehaviour")
    groups = {
        "one, once": [c for c in found["singles"] if c["blows"][0]["times"]],
        "one, for ever": [c for c in found["singles"] if not c["blows"][0]["times"]],
        "two, on one request": found["pairs"][::3],
        "two, on two requests": found["pairs"][1::3],
        "two, the second for ever": found["pairs"][2::3],
    }
    names = ("truth", "loud", "believed")
    rows = [["Misbehaviours", "Cases", "Exact truth", "Loud", "Believed", "Silent loss"]]
    for group, cases in groups.items():
        ended = Counter(case["ending"] for case in cases)
        rest = ended.total() - sum(ended[name] for name in names)
        numbers = [len(cases), *(ended[name] for name in names), rest]
        rows.append([group, *map(str, numbers)])
    return rows


def concurrency() -> list[list[str]]:
    """How runs at once ended."""
    found, views = result("concurrency"), result("views")
    rows = [["At once", "Times", "Outcome"]]
    for name, text in (
        ("same_window", "two runs of one window"),
        ("overlapping", "two overlapping backfills, steps of 24 and 36 hours"),
    ):
        odd = sum(not case["is_clean"] for case in found[name])
        failed = sum(case["finished"].count("failed") for case in found[name])
        rows.append(
            [text, str(len(found[name])), f"{odd} differ from one run, {failed} failed"]
        )
    looks = sum(case["looks"] for case in found["reader"])
    halves = sum(case["halves"] for case in found["reader"])
    rows.append(
        ["a reader of the tables during a load", f"{looks:,} looks", f"{halves} halves"]
    )
    errors = sum(views["errors"].values())
    rows.append(
        [
            "a reader of the views during a whole run",
            f"{views['looks']:,} looks",
            f"{views['halves']} halves, {errors} errors",
        ]
    )
    return rows


def heads() -> list[list[str]]:
    """When, at which commit and on which machine each result was found."""
    rows = [["Result", "Date", "Commit", "Machine"]]
    for path in sorted(RESULTS.glob("*.json")):
        found = result(path.stem)
        commit = f"`{found['commit']}`"
        rows.append([f"`{path.name}`", found["date"], commit, found["machine"]])
    return rows


TABLES = {
    "kills": kills,
    "database": database,
    "s3": s3,
    "misbehaviour": misbehaviour,
    "concurrency": concurrency,
    "heads": heads,
}


def as_markdown(rows: list[list[str]]) -> str:
    """Write a table, its first row the head."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def page() -> str:
    """Return the text of the page."""
    return (DOCS / "reference" / "proofs.md").read_text("utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_was_found(name: str) -> None:
    assert as_markdown(TABLES[name]()) in page()


def test_the_numbers_in_the_text_are_those_that_were_found() -> None:
    ended = result("mutations")["endings"]
    whole = sum(ended.values())
    text = " ".join(page().split())

    assert sum(len(kills_of(step)) for step in STEPS) == 200
    assert whole >= 5_000
    assert f"Of {whole:,} mutated replies, {ended['loaded']:,} were loaded" in text
    assert f"and {ended['loud']:,} refused loudly" in text
    assert ended.keys() == {"loaded", "loud"}


def test_nothing_was_lost() -> None:
    assert differing([kill for step in STEPS for kill in kills_of(step)]) == 0
    assert differing(result("database")["deaths"]) == 0
    assert differing(result("s3")["refusals"]) == 0
