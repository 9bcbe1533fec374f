"""Freshness: pages say when and on what they were verified; facts say when they rot."""

import datetime as dt
import json
import re
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from guidance.cli import main
from guidance.evidence.store import Block, Evidence, read, read_latest
from guidance.paths import DOCS
from guidance.site import reports
from guidance.site.blocks import LABELS, Shown
from guidance.site.freshness import (
    OPEN,
    PROVED,
    due,
    facts_report,
    foot_html,
    refuse_by_hand,
    verified_html,
)
from guidance.site.pages import local_values
from guidance.site.values import (
    FACTS,
    LOCAL_VALUES,
    SLOT,
    Fact,
    Slots,
    ValueMissing,
    read_facts,
    read_local_values,
)

DAY = dt.date(2026, 11, 23)
RAN_AT = "2026-11-23T20:16:43+00:00"


def shown(level: str, *engines: str, ran_at: str | None = RAN_AT) -> Shown:
    """Return a block as a page shows it."""
    known = None if level in {"unproved", "illustrative"} else Block("1", "executed")
    if level in PROVED:
        known = Block("1", level, list(engines), ran_at=ran_at)
    return Shown("examples/a.py", level, known)


def words(html: str) -> str:
    """Return what a reader sees."""
    return " ".join((LexborHTMLParser(html).body or pytest.fail("no body")).text().split())


# --- the line at the end of a page ---------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "says"),
    [
        (
            [shown("executed")],
            "Verified on 23 November 2026. Blocks of code: 1 executed. How we verify",
        ),
        (
            [
                shown("emulated", "moto 5.2.5", "PostgreSQL 18.4"),
                shown("executed", "PostgreSQL 18.4"),
                shown("executed"),
            ],
            "Verified on 23 November 2026 with PostgreSQL 18.4 and moto 5.2.5. Blocks of "
            "code: 2 executed and 1 emulated. How we verify",
        ),
        (
            [shown("executed", "A 1"), shown("stale"), shown("unproved"), shown("unproved")],
            "Verified on 23 November 2026 with A 1. Blocks of code: 1 executed. Not "
            "verified: 2 blocks were not run on this machine and 1 block changed since the "
            "last run. How we verify",
        ),
        (
            [shown("illustrative")],
            "Not verified: 1 block is shown but never run. How we verify",
        ),
        (
            [shown("planned"), shown("validated", ran_at="2026-11-21T09:00:00+00:00")],
            "Verified on 21 November 2026 and 23 November 2026. Blocks of code: 1 planned "
            "and 1 validated. How we verify",
        ),
        (
            [shown("executed", "A <1>", ran_at=None)],
            "Verified with A <1>. Blocks of code: 1 executed. How we verify",
        ),
    ],
)
def test_the_line_says_what_the_evidence_says(blocks: list[Shown], says: str) -> None:
    assert words(verified_html(blocks, "../reference/verification/")) == says


def test_a_page_without_blocks_claims_nothing() -> None:
    assert verified_html([], "v/") == ""
    assert foot_html([], "v/", "") == ""
    assert "verified" not in foot_html([], "v/", "somebody")


def test_every_level_is_spoken_of() -> None:
    assert set(PROVED) | set(OPEN) == set(LABELS)


@pytest.mark.parametrize(
    "content",
    [
        '<p class="verified">On Monday.</p>',
        "<p class='a verified'>x</p>",
        "<p class=verified>",
    ],
)
def test_a_page_cannot_write_the_line_itself(content: str) -> None:
    with pytest.raises(ValueError, match=r"^a\.md: .* is written by the build alone"):
        refuse_by_hand("a.md", content)


def test_other_classes_are_free() -> None:
    refuse_by_hand("a.md", '<p class="unverified">x</p> verified')


def test_the_built_pages_say_what_their_blocks_say(built_site: Path) -> None:
    with_line = 0
    for path in sorted(built_site.rglob("*.html")):
        tree = LexborHTMLParser(path.read_text("utf-8"))
        levels = [node.attributes["data-evidence"] or "" for node in tree.css("[data-ref]")]
        lines = [node.text() for node in tree.css("footer.page-foot p.verified")]
        name = path.relative_to(built_site).as_posix()
        assert len(lines) == bool(levels), name
        for level in set(levels):
            word = level if level in PROVED else "block"
            assert f"{levels.count(level)} {word}" in lines[0], name
        with_line += len(lines)

    assert with_line >= 5
    index = json.loads((built_site / "search/pages.json").read_text("utf-8"))
    assert not [doc for doc in index["docs"] if "How we verify" in doc["text"]]


def test_a_block_keeps_the_date_of_its_own_run(tmp_path: Path) -> None:
    full, partial = tmp_path / "full.json", tmp_path / "partial.json"
    both = {"a": Block("1", "executed"), "b": Block("1", "executed")}
    Evidence({"id": "1", "finished_at": "2026-11-20"}, both).write(full)
    Evidence({"id": "2", "finished_at": "2026-11-22"}, {"b": both["b"]}).write(partial)
    before = read(partial) or Evidence()
    before.blocks |= {"c": Block("1", "executed")}
    before.run["finished_at"] = "2026-11-23"
    before.write(partial)  # as a second partial run does

    days = {ref: block.ran_at for ref, block in read_latest(full, partial).blocks.items()}

    assert days == {"a": "2026-11-20", "b": "2026-11-22", "c": "2026-11-23"}


# --- dated facts ---------------------------------------------------------------------


def fact(key: str, days: int) -> Fact:
    """Return a fact that has to be read again some days after ``DAY``."""
    by = DAY + dt.timedelta(days=days)
    return Fact(key, f"Text of {key}.", "https://example.org/", dt.date(2026, 1, 1), by)


def test_a_fact_is_overdue_the_day_after_its_last() -> None:
    facts = [fact("later", 31), fact("soon", 30), fact("today", 0), fact("late", -1)]

    overdue, soon = due(facts, DAY)

    assert [one.key for one in overdue] == ["late"]
    assert [one.key for one in soon] == ["today", "soon"]


def test_the_report_on_facts() -> None:
    assert facts_report([fact("late", -1), fact("soon", 1), fact("later", 99)], DAY) == (
        "# Dated facts\n\n"
        "On 23 November 2026: 1 of 3 overdue, 1 due within 30 days. Read each again at its "
        "source, then set `text`, `checked_on` and `recheck_by` in `facts.yml`.\n\n"
        "## Overdue\n\n"
        "- `late`, by 22 November 2026: Text of late. Source: https://example.org/\n\n"
        "## Due soon\n\n"
        "- `soon`, by 24 November 2026: Text of soon. Source: https://example.org/\n"
    )


def test_a_page_warns_of_an_overdue_fact() -> None:
    facts = {"late": fact("late", -1), "good": fact("good", 0)}
    slots = Slots({}, facts, DAY)
    warning = '<strong class="fact-stale">Check again: due 2026-11-22</strong>'

    assert slots.fill("a.md", "[[fact:late]]").endswith(warning)
    assert "fact-stale" not in slots.fill("a.md", "[[fact:good]]")
    page = local_values({}, facts, DAY)
    (row,) = [line for line in page.splitlines() if "fact-stale" in line]
    assert row.startswith("| Text of late. | ")
    assert row.endswith(f" | 2026-01-01 | {warning} |")


FIRST = min(one.recheck_by for one in read_facts().values())


def test_the_command_fails_once_a_fact_is_overdue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "--on", FIRST.isoformat()]) == 0
    assert ": 0 of " in capsys.readouterr().out
    assert main(["facts", "--on", (FIRST + dt.timedelta(days=1)).isoformat()]) == 1
    assert "## Overdue" in capsys.readouterr().out


def test_the_command_takes_a_day_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["facts", "--on", "soon"])

    assert "argument --on: invalid fromisoformat value: 'soon'" in capsys.readouterr().err


WHOLE = "{text: It is so., source: seen, checked_on: 2026-01-01, recheck_by: 2027-01-01}"
FACT_FAULTS = {
    WHOLE.replace("source: seen, ", ""): "facts.yml, a: source: Field required",
    WHOLE.replace("source", "sauce: x, source"): "facts.yml, a: sauce: ",
    WHOLE.replace("2027-01-01", "soon"): "facts.yml, a: recheck_by: ",
    WHOLE.replace("2027-01-01", "2026-01-01"): "facts.yml, a: recheck_by has to be later "
    "than checked_on: mend the entry",
    WHOLE.replace("2027-01-01", "2027-13-01"): "facts.yml is no YAML: month must be in 1..12",
    "[": "facts.yml is no YAML: ",
    "": "facts.yml, a: text: Field required",
}


@pytest.mark.parametrize("entry", FACT_FAULTS)
def test_a_faulty_fact_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], entry: str
) -> None:
    path = tmp_path / "facts.yml"
    path.write_text(f"a: {entry}\n", "utf-8")

    assert reports.facts(DAY, path) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"guidance: {FACT_FAULTS[entry]}")
    assert said.count("\n") == 1


def test_a_file_of_facts_is_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "facts.yml").write_text("- a\n")

    with pytest.raises(ValueMissing, match=r"^facts\.yml is no mapping"):
        read_facts(tmp_path / "facts.yml")


@pytest.mark.parametrize("path", [FACTS, LOCAL_VALUES], ids=lambda path: path.name)
def test_no_key_is_there_twice(path: Path) -> None:
    keys = re.findall(r"^([^\s#].*?):", path.read_text("utf-8"), re.MULTILINE)

    assert sorted(keys) == sorted({*read_facts()} if path == FACTS else {*read_local_values()})


def test_each_fact_is_used_and_reads_as_a_sentence() -> None:
    facts = read_facts()
    pages = "".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))
    used = {found["key"] for found in SLOT.finditer(pages) if found["kind"] == "fact"}

    assert {key for key in facts if key not in used} == set()
    assert [one.key for one in facts.values() if not one.text.endswith((".", '."'))] == []
    assert [one.key for one in facts.values() if "|" in one.text or "\n" in one.text] == []
