"""What reaches PostgreSQL, and what dbt builds, counts; what fails or is not ours does not."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from guidance.evidence import regions, watch
from guidance.evidence.recorder import Level, Proof, Recorder, TestRecord
from guidance.paths import ROOT

QUERY = "SELECT 1"


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """A recorder of its own, in the middle of a test."""
    recorder = Recorder(current=TestRecord("a"))
    monkeypatch.setattr(watch, "RECORDER", recorder)
    return recorder


def proofs(recorder: Recorder) -> set[tuple[str, str]]:
    """Return the refs that were proved, with their forms."""
    assert recorder.current is not None
    return {(proof.ref, proof.form) for proof in recorder.current.proofs}


# --- SQL --------------------------------------------------------------------------------


@pytest.fixture
def execute(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A cursor's execute, listened to; a page shows QUERY."""
    shown = {regions.digest(QUERY): "examples/a.sql:one"}
    monkeypatch.setattr(watch, "_shown_sql", lambda: shown)

    def sent(cursor: object, query: object, *args: object) -> tuple[object, ...]:
        if query == "fails":
            raise ValueError
        return (cursor, query, *args)

    return watch._listening(sent)


def test_what_a_page_shows_counts_once_it_was_sent(
    recorder: Recorder, execute: Callable[..., Any]
) -> None:
    assert execute("cursor", QUERY, 1) == ("cursor", QUERY, 1)

    assert recorder.current is not None
    sha256 = regions.digest(QUERY)
    expected = Proof("examples/a.sql:one", sha256, Level.EXECUTED, "PostgreSQL")
    assert recorder.current.proofs == [expected]


@pytest.mark.parametrize("query", ["SELECT 2", QUERY.encode()])
def test_other_text_does_not_count(
    recorder: Recorder, execute: Callable[..., Any], query: object
) -> None:
    execute("cursor", query)

    assert proofs(recorder) == set()


def test_nothing_counts_outside_a_test(
    recorder: Recorder, execute: Callable[..., Any]
) -> None:
    recorder.current = None

    assert execute("cursor", QUERY) == ("cursor", QUERY)
    assert recorder.records == []


def test_a_statement_that_fails_does_not_count(
    recorder: Recorder, execute: Callable[..., Any]
) -> None:
    with pytest.raises(ValueError):
        execute("cursor", "fails")

    assert proofs(recorder) == set()


def test_what_is_shown_is_read_by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    real = "examples/river-levels-etl/dbt/dbt_project.yml"
    refs = {real: ["a.md"], "examples/nowhere.sql": ["a.md"], f"{real}:nowhere": ["a.md"]}
    monkeypatch.setattr(regions, "shown_refs", lambda: refs)

    assert watch._shown.__wrapped__() == {real: {real: regions.find(real).sha256}}


def test_only_sql_is_looked_for_among_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {"examples/a.sql": {"examples/a.sql:one": "1"}, "examples/b.yml": {"b": "2"}}
    monkeypatch.setattr(watch, "_shown", lambda: shown)

    assert watch._shown_sql.__wrapped__() == {"1": "examples/a.sql:one"}


# --- dbt --------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project of which a page shows every file."""
    files = {
        "models/one.sql": "select 1",
        "models/two.sql": "select 2",
        "models/schema.yml": "models: []",
        "macros/money.sql": "{% macro money(x) %}{{ x }}{% endmacro %}",
        "tests/generic/positive.sql": "{%- test positive(model) %}select 1{% endtest %}",
        "dbt_project.yml": "name: a",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setattr(watch, "_shown", lambda: {name: {name: "sha"} for name in files})
    monkeypatch.setattr(watch, "relative", lambda path: path.relative_to(tmp_path).as_posix())
    return tmp_path


def result(file: str, status: str = "success", **node: object) -> SimpleNamespace:
    """Return what dbt says of a node."""
    given = {"original_file_path": file, "name": Path(file).stem, "alias": "", **node}
    return SimpleNamespace(node=SimpleNamespace(**given), status=status)


def depends_on(*macros: str) -> SimpleNamespace:
    """Return what a node says of the macros that it calls."""
    return SimpleNamespace(macros=list(macros))


def test_what_was_built_counts_with_its_macros_and_its_description(
    recorder: Recorder, project: Path
) -> None:
    node = result(
        "models/one.sql",
        patch_path="a://models/schema.yml",
        depends_on=depends_on("macro.a.money", "macro.a.test_positive", "macro.dbt.is_x"),
    )

    watch._note_nodes(project, [node])

    assert proofs(recorder) == {
        ("models/one.sql", ""),
        ("models/schema.yml", ""),
        ("macros/money.sql", ""),
        ("tests/generic/positive.sql", ""),
        ("dbt_project.yml", ""),
    }
    assert recorder.current is not None
    assert {(p.sha256, p.level, p.tool) for p in recorder.current.proofs} == {
        ("sha", Level.EXECUTED, "dbt")
    }


@pytest.mark.parametrize("status", ["pass", "warn", "no-op"])
def test_each_good_end_counts(recorder: Recorder, project: Path, status: str) -> None:
    watch._note_nodes(project, [result("models/one.sql", status)])

    assert ("models/one.sql", "") in proofs(recorder)


@pytest.mark.parametrize("status", ["error", "fail", "skipped", "runtime error"])
def test_what_failed_spoils_what_it_used(
    recorder: Recorder, project: Path, status: str
) -> None:
    same = {"patch_path": "a://models/schema.yml", "depends_on": depends_on("macro.a.money")}

    watch._note_nodes(
        project,
        [result("models/one.sql", status, **same), result("models/two.sql", **same)],
    )

    assert proofs(recorder) == {("models/two.sql", ""), ("dbt_project.yml", "")}


def test_a_run_of_nothing_proves_no_settings(recorder: Recorder, project: Path) -> None:
    watch._note_nodes(project, [result("models/one.sql", "error")])

    assert proofs(recorder) == set()


def test_a_file_that_is_gone_proves_nothing(recorder: Recorder, project: Path) -> None:
    (project / "models/one.sql").unlink()

    watch._note_nodes(project, [result("models/one.sql")])

    assert proofs(recorder) == {("dbt_project.yml", "")}


@pytest.mark.parametrize(
    ("raw", "compiled", "alias", "form"),
    [
        ("select 1", 'select 1 from "dbt"."one"', "", ""),
        ("{% if is_incremental() %}", 'select max(x) from "dbt"."one"', "", "incremental"),
        ("{% if is_incremental() %}", 'select max(x) from "dbt"."b"', "b", "incremental"),
        ("{% if is_incremental() %}", "select 1", "", "first"),
        ("{% if is_incremental() %}", None, "", "first"),
        (None, None, "", ""),
    ],
)
def test_each_form_of_an_incremental_model_counts_for_itself(
    recorder: Recorder,
    project: Path,
    raw: str | None,
    compiled: str | None,
    alias: str,
    form: str,
) -> None:
    node = result(
        "models/one.sql", schema="dbt", raw_code=raw, compiled_code=compiled, alias=alias
    )

    watch._note_nodes(project, [node])

    assert ("models/one.sql", form) in proofs(recorder)


@pytest.mark.parametrize(
    ("arguments", "counts"),
    [
        (["build", "--project-dir", str(ROOT / "examples")], True),
        (["build"], False),
        (["build", "--project-dir", str(ROOT.parent)], False),
    ],
)
def test_only_projects_of_this_repository_count(
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    *,
    counts: bool,
) -> None:
    noted: list[tuple[Path, list[object]]] = []
    monkeypatch.setattr(watch, "_note_nodes", lambda *what: noted.append(what))
    outcome = SimpleNamespace(result=SimpleNamespace(results=["a"]))
    invoke = watch._listening_to_dbt(lambda *_, **__: outcome)

    assert invoke("runner", arguments) is outcome

    assert noted == ([(ROOT / "examples", ["a"])] if counts else [])


def test_a_command_without_results_is_heard_too(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[object] = []
    monkeypatch.setattr(watch, "_note_nodes", lambda *what: noted.append(what))
    arguments = ["parse", "--project-dir", str(ROOT)]

    for result in (None, SimpleNamespace(results=None)):
        outcome = SimpleNamespace(result=result)
        assert watch._listening_to_dbt(lambda *_, o=outcome: o)("runner", arguments) is outcome
    recorder.current = None
    watch._listening_to_dbt(lambda *_: SimpleNamespace(result=None))("runner", arguments)

    assert noted == [(ROOT, []), (ROOT, [])]


def test_one_listens_to_a_module_once_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "late_module.py").write_text("value = 1\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    heard: list[ModuleType] = []
    finder = watch._AfterImport("late_module", heard.append)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])

    assert finder.find_spec("another", None) is None
    assert heard == []
    module = importlib.import_module("late_module")

    assert heard == [module]
    assert heard[0].value == 1
    assert finder not in sys.meta_path


def test_a_module_that_is_not_there_is_left_to_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finder = watch._AfterImport("no_such_module", lambda _: None)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])

    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        importlib.import_module("no_such_module")
