"""The helpers claim only what they did."""

import json
from pathlib import Path

import jsonschema
import nbformat
import pytest

from guidance.evidence import load_example, run_notebook, twins, validate_schema
from guidance.evidence.notebooks import NotebookRefused
from guidance.evidence.outputs import assert_output
from guidance.evidence.recorder import Level, Proof, Recorder, TestRecord
from guidance.evidence.store import Block, Evidence, RuleProof, read, read_latest
from guidance.paths import ROOT


def small(number: int) -> None:
    assert number < 10, f"{number} is not small"


def test_twins_pass_when_the_bad_one_does_the_named_harm() -> None:
    twins(small, good=1, bad=11, harm="11 is not small")


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        (11, 12, "11 is not small"),
        (1, 2, "the counter-example does no harm"),
        (1, 12, "fails, but not with"),
    ],
)
def test_twins_fail_otherwise(good: int, bad: int, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        twins(small, good=good, bad=bad, harm="11 is not small")


def test_twins_do_not_take_a_crash_for_a_harm() -> None:
    def crash(number: int) -> None:
        if number:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        twins(crash, good=0, bad=1, harm="")


def test_an_example_is_fetched_by_its_path() -> None:
    module = load_example("storage/s3-and-boto/events.py")

    assert module.object_of({"s3": {"bucket": {"name": "b"}, "object": {"key": "a+b"}}})
    with pytest.raises(FileNotFoundError, match="there is no example nowhere"):
        load_example("nowhere.py")


def test_an_output_that_differs_is_shown(tmp_path: Path) -> None:
    shown = tmp_path / "a.out"
    shown.write_text("one\ntook 3 s\n")

    with pytest.raises(AssertionError, match=r"-one\n\+two\n"):
        assert_output(str(shown), "two\ntook 3 s")


def test_a_schema_that_forbids_it_refuses_it() -> None:
    schema = "examples/river-levels-etl/pipeline.schema.json"

    with pytest.raises(jsonschema.ValidationError):
        validate_schema("examples/river-levels-etl/compose.yaml", schema)


def notebook(path: Path, **cell: object) -> Path:
    """Write a notebook with one cell."""
    book = nbformat.v4.new_notebook()
    made = nbformat.v4.new_code_cell("print(1)", id="only")
    made.update(cell)
    book.cells = [made]
    nbformat.write(book, path)
    return path


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ({"metadata": {"tags": ["skip-execution"]}}, "remove the tag skip-execution"),
        ({"metadata": {"tags": ["raises-exception"]}}, "remove the tag raises-"),
        ({"source": "%%script false\nprint(1)"}, "remove %%script: it hides code"),
        ({"execution_count": 3}, "store notebooks without outputs"),
        ({"source": ""}, "cell only never ran: give it code"),
    ],
)
def test_a_notebook_cannot_hide_a_cell(
    tmp_path: Path, cell: dict[str, object], says: str
) -> None:
    with pytest.raises(NotebookRefused, match=says):
        run_notebook(notebook(tmp_path / "n.ipynb", **cell))


def test_a_record_survives_the_way_between_processes() -> None:
    record = TestRecord(
        "a::b",
        rules=["X-1"],
        outcome="passed",
        assertions=2,
        engines={("PostgreSQL", "18.4", "database")},
        proofs=[Proof("a.sql", "0", Level.EXECUTED, "PostgreSQL")],
        loaded={"a.py"},
    )

    assert TestRecord.from_json(record.to_json()) == record
    assert json.loads(record.to_json())["twins"] == 0


@pytest.mark.parametrize(
    ("outcome", "assertions", "is_proof"),
    [("passed", 1, True), ("passed", 0, False), ("failed", 1, False)],
)
def test_a_proof_passes_and_asserts(outcome: str, assertions: int, is_proof: bool) -> None:
    record = TestRecord("a", outcome=outcome, assertions=assertions)

    assert record.is_proof is is_proof


def test_a_fixture_proves_nothing_but_its_engines_count() -> None:
    recorder = Recorder(current=TestRecord("a"))

    with recorder.in_fixture("database"):
        recorder.engine("PostgreSQL", "18.4", "database")
        recorder.proof(Proof("a.sql", "0", Level.EXECUTED))
        recorder.loaded("a.py")
        recorder.twin()

    assert recorder.current == TestRecord("a")
    assert recorder.fixture_engines == {"database": {("PostgreSQL", "18.4", "database")}}


def test_a_partial_run_is_laid_over_the_full_one(tmp_path: Path) -> None:
    full, partial = tmp_path / "full.json", tmp_path / "partial.json"
    Evidence(
        run={"id": "1"},
        blocks={"a": Block("1", "executed"), "b": Block("1", "executed")},
        rules={"X-1": [RuleProof("t", ["a"], has_twins=False)]},
    ).write(full)
    Evidence(
        blocks={"a": Block("2", "emulated"), "b": Block("2", None, problem="failed")},
        rules={"X-2": [RuleProof("u", ["a"], has_twins=True)]},
    ).write(partial)

    seen = read_latest(full, partial)

    assert seen.blocks["a"].sha256 == "2"
    assert seen.blocks["b"].sha256 == "1", "a failure proves nothing new"
    assert set(seen.rules) == {"X-1", "X-2"}
    assert read(tmp_path / "none.json") is None
    assert read_latest(tmp_path / "none.json", tmp_path / "none.json").blocks == {}


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    Evidence(run={"id": "1"}).write(tmp_path / "a" / "evidence.json")

    assert [p.name for p in (tmp_path / "a").iterdir()] == ["evidence.json"]
    assert ROOT.is_dir()
