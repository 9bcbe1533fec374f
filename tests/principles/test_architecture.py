"""Proofs of docs/principles/architecture.md, and of the decision trees of its section."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from guidance.evidence import assert_output, load_example, regions, run_shell, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import DOCS, EXAMPLES

HERE = "principles/architecture"
FOLDER = EXAMPLES / HERE
TREES = {
    "source": "architecture",
    "extent": "architecture",
    "compute": "server-or-serverless",
    "place": "etl-or-elt",
}
CASES: list[Any] = yaml.safe_load((FOLDER / "decisions/cases.yml").read_text("utf-8"))
REPORTS = ["report.sql", "wrong/report_on_staging.sql"]
BATCH = [case for case in CASES if case[0] == "source"]
EXTENT = [case for case in CASES if case[0] == "extent"]


def tree(name: str) -> Any:
    """Return a tree, and note that the checks read it."""
    ref = f"examples/{HERE}/{name}"
    found = load_example(f"{HERE}/trees.py").read(FOLDER / name)
    sha256 = regions.find(ref).sha256
    RECORDER.proof(Proof(ref, sha256, Level.VALIDATED, "trees.py"))
    return found


# --- decision trees -----------------------------------------------------------------------


@pytest.mark.parametrize("name", TREES)
def test_every_way_ends_in_one_recommendation(name: str) -> None:
    module = load_example(f"{HERE}/trees.py")

    def is_sound(file: str) -> None:
        found = module.faults(tree(file))
        assert found == [], "; ".join(found)

    twins(
        is_sound,
        good=f"decisions/{name}.yml",
        bad="wrong/ends_in_doubt.yml",
        harm="it_depends: ends in no recommendation; sheet: nothing leads to it",
    )
    leaves = {way[-1] for way in module.ways(tree(f"decisions/{name}.yml"))}
    assert leaves == set(tree(f"decisions/{name}.yml").leaves)


def test_other_faults_are_found() -> None:
    module = load_example(f"{HERE}/trees.py")
    question = module.Question("Is it?", {"yes": "a"})
    leaf = module.Leaf("Do", "Because")

    assert module.faults(module.Tree("T", "a", {"a": question}, {"a": leaf})) == [
        "a: is both a question and a recommendation",
        "a: has fewer than two answers",
    ]


@pytest.mark.parametrize("name", TREES)
def test_drawing_and_words_say_what_the_tree_says(name: str) -> None:
    module = load_example(f"{HERE}/trees.py")
    found = tree(f"decisions/{name}.yml")
    page = (DOCS / f"principles/{TREES[name]}.md").read_text("utf-8")
    words = " ".join(page.split())

    drawn = EXAMPLES / "principles" / TREES[name] / f"{name}.mmd"
    assert drawn.read_text("utf-8") == module.mermaid(found)
    for line in module.in_words(found).splitlines():
        assert " ".join(line.split()) in words, f"not on the page: {line}"


def leads(case: list[Any]) -> tuple[str, str]:
    """Return where a case leads, and where it should."""
    name, answers, expected = case
    found = load_example(f"{HERE}/trees.py").decide(tree(f"decisions/{name}.yml"), answers)
    return str(found), str(expected)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_worked_case(case: list[Any]) -> None:
    found, expected = leads(case)

    assert found == expected
    assert len(CASES) >= 20


@pytest.mark.rule("ARC-3")
def test_only_minutes_make_a_stream() -> None:
    for case in BATCH:
        found, expected = leads(case)
        assert found == expected
        assert (found == "stream") == (case[1]["minutes"] == "yes")


@pytest.mark.rule("ARC-4")
def test_small_and_allowed_is_full_and_the_rest_is_reconciled() -> None:
    for case in EXTENT:
        found, expected = leads(case)
        assert found == expected
        small = case[1]["size"] == "yes" and case[1]["allowed"] == "yes"
        assert (found == "full") == small
        do = tree("decisions/extent.yml").leaves[found].do
        assert found in {"full", "rare", "cdc"} or "compare" in do or "reconcile" in do


def test_a_case_that_leaves_a_question_open_is_refused() -> None:
    module = load_example(f"{HERE}/trees.py")

    with pytest.raises(KeyError, match="kind"):
        module.decide(tree("decisions/source.yml"), {"minutes": "no"})


def test_the_quiz_asks_and_answers() -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    shown = run_shell(f"examples/{HERE}/quiz.sh", cwd=FOLDER, env={"PATH": path})

    assert_output(f"examples/{HERE}/quiz.out", shown.stdout.replace("> ", ""))
    done = subprocess.run(
        [sys.executable, "quiz.py", "decisions/source.yml"],
        cwd=FOLDER,
        input="9\n1\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "Type a number from 1 to 2." in done.stdout
    assert "Stream, with a decision record." in done.stdout


# --- ARC-1, ARC-9: keep, then load --------------------------------------------------------

START = datetime(2026, 3, 1, tzinfo=UTC)
ITEMS = [
    {"dateTime": "2026-03-01T00:00:00Z", "value": 0.41, "quality": "good"},
    {"dateTime": "2026-03-01T00:15:00Z", "value": 0.42, "quality": "suspect"},
]
BODY = json.dumps({"items": ITEMS}).encode()


@pytest.mark.rule("ARC-1")
def test_what_was_kept_can_be_read_anew(s3: Any, bucket: str) -> None:
    def knows_the_quality(module: Any) -> None:
        key = module.extract(s3, bucket, START, lambda: BODY)
        # A year later, somebody asks for a field that nobody needed before.
        found = module.load(s3, bucket, key, lambda item: {"quality": item.get("quality")})
        known = [row for row in found if row["quality"] is not None]
        assert len(known) == len(ITEMS), f"quality of {len(known)} rows of {len(ITEMS)}"

    twins(
        knows_the_quality,
        good=load_example(f"{HERE}/receive.py"),
        bad=load_example(f"{HERE}/wrong/parses_on_arrival.py"),
        harm="quality of 0 rows of 2",
    )


@pytest.mark.rule("ARC-9")
def test_a_failed_load_does_not_ask_again(s3: Any, bucket: str) -> None:
    receive = load_example(f"{HERE}/receive.py")

    def asks_once(module: Any) -> None:
        asked, failures = [], iter([True, True, False])

        def extract() -> str:
            asked.append(START)
            return str(receive.extract(s3, bucket, START, lambda: BODY))

        def load(key: str) -> None:
            if next(failures):
                raise ConnectionError("the database is away")
            assert len(receive.load(s3, bucket, key, dict)) == len(ITEMS)

        module.run(None, extract, load)
        assert len(asked) == 1, f"asked {len(asked)} times"

    def never(key: str) -> None:
        raise ConnectionError(key)

    good = load_example(f"{HERE}/one_window.py")
    bad = load_example(f"{HERE}/wrong/all_in_one_step.py")
    for module in (good, bad):
        with pytest.raises(ConnectionError, match="kept"):
            module.run("kept", lambda: "kept", never)
    twins(asks_once, good=good, bad=bad, harm="asked 3 times")


# --- ARC-2: layers ------------------------------------------------------------------------


@pytest.fixture
def layers(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A database with one raw table, and the right to make roles."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute(
            "CREATE TABLE raw.readings (station text, at timestamptz, value float8)"
        )
        connection.execute("INSERT INTO raw.readings VALUES ('a', '2026-03-01Z', 0.41)")
        yield connection
        connection.execute("DROP OWNED BY reader")
        connection.execute("DROP ROLE reader")


def run_sql(connection: psycopg.Connection[Any], name: str) -> list[Any]:
    """Run an example as it stands; return its rows."""
    cursor = connection.execute((FOLDER / name).read_text("utf-8"))
    return cursor.fetchall() if cursor.description else []


@pytest.mark.rule("ARC-2")
def test_a_refactoring_breaks_no_reader(layers: psycopg.Connection[Any]) -> None:
    run_sql(layers, "layers.sql")
    before = {name: run_sql(layers, name) for name in REPORTS}
    assert set(map(str, before.values())) == {"[(0.41,)]"}
    run_sql(layers, "refactor.sql")

    def survives(name: str) -> None:
        try:
            after: object = run_sql(layers, name)
        except psycopg.Error as error:
            after = str(error).partition("\n")[0]
        assert after == before[name], f"the report says: {after}"

    twins(
        survives,
        good=REPORTS[0],
        bad=REPORTS[1],
        harm='the report says: column "value" does not exist',
    )
    layers.execute("SET ROLE reader")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="schema staging"):
        layers.execute("SELECT 1 FROM staging.readings")
    layers.execute("RESET ROLE")


@pytest.mark.rule("ARC-2")
def test_models_flow_one_way(tmp_path: Path) -> None:
    uphill = load_example(f"{HERE}/uphill.py").uphill
    (tmp_path / "staging").mkdir()
    (tmp_path / "marts").mkdir()
    (tmp_path / "marts/levels.sql").write_text(
        "select * from {{ ref('stg_levels') }}", "utf-8"
    )
    model = tmp_path / "staging/stg_levels.sql"
    model.write_text("select * from {{ source('raw', 'levels') }}", "utf-8")

    assert uphill(EXAMPLES / "river-levels-etl/dbt/models") == []
    assert uphill(tmp_path) == []
    model.write_text("select * from {{ ref('levels') }}", "utf-8")
    assert uphill(tmp_path) == ["stg_levels reads levels"]


# --- ARC-5: write, audit, publish -----------------------------------------------------------


@pytest.mark.rule("ARC-5")
def test_readers_see_what_has_passed(database_url: str) -> None:
    good_rows = [(f"station {number}", 0.4) for number in range(96)]
    with (
        psycopg.connect(database_url, autocommit=True) as writer,
        psycopg.connect(database_url, autocommit=True) as reader,
    ):

        def seen() -> Any:
            found = reader.execute("SELECT count(*) FROM serving.levels").fetchone()
            return found and found[0]

        def goes_on(module: Any) -> None:
            writer.execute("DROP SCHEMA IF EXISTS serving CASCADE")
            writer.execute("CREATE SCHEMA serving")
            writer.execute("CREATE TABLE serving.levels (station text, level_m float8)")
            module.publish(writer, good_rows, 90)
            assert seen() == 96
            with pytest.raises(module.AuditError, match="rows"):
                module.publish(writer, good_rows[:3], 90)
            assert seen() == 96, f"readers see {seen()} rows of 96"

        good = load_example(f"{HERE}/publish.py")
        twins(
            goes_on,
            good=good,
            bad=load_example(f"{HERE}/wrong/audits_afterwards.py"),
            harm="readers see 3 rows of 96",
        )
        writer.execute("DROP TABLE serving.levels")
        good.publish(writer, good_rows, 90)
        with pytest.raises(good.AuditError, match=r"\(96, 1\)"):
            good.publish(writer, [*good_rows[:95], ("station 95", 9_999.0)], 90)
        assert seen() == 96


# --- ARC-8: quarantine ----------------------------------------------------------------------


@pytest.mark.rule("ARC-8")
def test_every_row_is_somewhere() -> None:
    items: list[dict[str, object]] = [
        {"station": "3390TH", "value": 0.41},
        {"station": "3390TH", "value": [0.41, 0.44]},
        {"value": 0.4},
        {"station": "3369TH"},
    ]

    def accounts_for_all(module: Any) -> None:
        result = module.sort(items)
        found = len(result.kept), len(result.quarantined)
        assert sum(found) == len(items), (
            f"{len(items)} read, {found[0]} kept, {found[1]} aside"
        )

    good = load_example(f"{HERE}/sort.py")
    assert [reason for _, reason in good.sort(items).quarantined] == [
        "value is a list",
        "no station",
        "value is a NoneType",
    ]
    twins(
        accounts_for_all,
        good=good,
        bad=load_example(f"{HERE}/wrong/drops_what_it_cannot_read.py"),
        harm="4 read, 1 kept, 0 aside",
    )
