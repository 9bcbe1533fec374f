"""A run's fragments are judged strictly: each way to claim too much is refused."""

from collections import defaultdict
from pathlib import Path

import coverage
import pytest

from guidance.evidence import collect
from guidance.evidence.collect import UNTWINNED, Traced
from guidance.evidence.recorder import Level, Proof, TestRecord
from guidance.evidence.regions import Region
from guidance.evidence.store import Block, RuleProof

AWS = ("moto", "5", "aws emulator")
DATABASE = ("PostgreSQL", "18", "database")
CODE = "LIMIT = 1\n\n\ndef low(x: int) -> bool:\n    return x < LIMIT\n"
TWO_LINES = "def f() -> int:\n    a = 1\n    return a\n"


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a test count as examples, by their names."""
    monkeypatch.setattr(collect, "relative", lambda path: f"examples/{path.name}")


def region(folder: Path, text: str, name: str = "a.py") -> Region:
    """Write an example, all of which a page shows."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return Region(f"examples/{path.name}", path, (1, len(text.splitlines())), text.strip("\n"))


def record(name: str = "t", **fields: object) -> TestRecord:
    """Return the record of a test that proves."""
    given = {"outcome": "passed", "assertions": 1, **fields}
    return TestRecord(name, **given)  # type: ignore[arg-type]


def traced(lines: set[int], calls: dict[int, set[str]]) -> Traced:
    """Return which lines ran, and which of them in whose call."""
    return Traced(lines, defaultdict(set, calls))


def judged(region: Region, trace: Traced, *records: TestRecord) -> Block:
    """Judge a Python region."""
    everyone = {one.nodeid: one for one in records}
    proofs = {name: one for name, one in everyone.items() if one.is_proof}
    return collect._judge_python(region, trace, everyone, proofs)


def judged_other(region: Region, *records: TestRecord) -> Block:
    """Judge any other region."""
    everyone = {one.nodeid: one for one in records}
    proofs = {name: one for name, one in everyone.items() if one.is_proof}
    return collect._judge_other(region, everyone, proofs)


# --- Python -----------------------------------------------------------------------------

ALL_RAN = traced({1, 4, 5}, {5: {"t"}})


def test_all_that_ran_in_a_proof_is_executed(tmp_path: Path) -> None:
    shown = region(tmp_path, CODE)

    block = judged(shown, ALL_RAN, record(engines={DATABASE}))

    assert block == Block(shown.sha256, "executed", ["PostgreSQL 18"], [], ["t"])


@pytest.mark.parametrize(
    ("trace", "fields", "problem"),
    [
        (traced({1, 4, 5}, {}), {}, "line 1 never ran in a test's call"),
        (traced({4, 5}, {5: {"t"}}), {}, "line 1 never ran in a test's call"),
        (traced({1, 4}, {4: {"t"}}), {}, "line 5 never ran in a test's call"),
        (ALL_RAN, {"outcome": "failed"}, "line 1 never ran in a test's call"),
        (
            traced({1, 4, 5}, {5: {"other"}}),
            {"loaded": {"examples/a.py"}},
            "line 5 ran only in other, which interrupted: make it pass",
        ),
    ],
)
def test_what_did_not_run_in_a_proof_is_named(
    tmp_path: Path, trace: Traced, fields: dict[str, object], problem: str
) -> None:
    block = judged(region(tmp_path, CODE), trace, record(**fields))

    assert block.level is None
    assert str(block.problem).startswith(problem)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"outcome": "failed"}, "line 5 ran only in t, which failed: make it pass"),
        ({"assertions": 0}, "line 5 ran only in t, which asserts nothing: assert"),
    ],
)
def test_a_test_that_proves_nothing_is_named(
    tmp_path: Path, fields: dict[str, object], problem: str
) -> None:
    loader = record("loader", loaded={"examples/a.py"})

    block = judged(region(tmp_path, CODE), ALL_RAN, loader, record(**fields))

    assert (block.level, block.problem) == (None, problem)


def test_one_good_test_is_enough_beside_a_bad_one(tmp_path: Path) -> None:
    trace = traced({1, 4, 5}, {5: {"bad", "good"}})

    block = judged(
        region(tmp_path, CODE), trace, record("bad", outcome="failed"), record("good")
    )

    assert (block.level, block.tests) == ("executed", ["good"])


@pytest.mark.parametrize(
    ("text", "calls", "level"),
    [
        (TWO_LINES, {2: {"moto"}, 3: {"moto"}}, "emulated"),
        (TWO_LINES, {2: {"moto", "real"}, 3: {"moto", "real"}}, "executed"),
        (TWO_LINES, {2: {"moto"}, 3: {"moto", "real"}}, "emulated"),
        ("import boto3\n" + TWO_LINES, {3: {"moto", "real"}, 4: {"real"}}, "emulated"),
        ("import botocore\n" + TWO_LINES, {3: {"moto", "real"}, 4: {"real"}}, "emulated"),
        ("import boto3\n" + TWO_LINES, {3: {"real"}, 4: {"real"}}, "executed"),
    ],
)
def test_an_emulator_lowers_the_claim(
    tmp_path: Path, text: str, calls: dict[int, set[str]], level: str
) -> None:
    trace = traced({1, 2, 3, 4}, calls)

    block = judged(
        region(tmp_path, text), trace, record("moto", engines={AWS}), record("real")
    )

    assert block.level == level


@pytest.mark.parametrize(("twins", "problem"), [(0, UNTWINNED), (1, "")])
def test_a_counter_example_needs_its_twin(tmp_path: Path, twins: int, problem: str) -> None:
    bad = region(tmp_path, CODE, "wrong/a.py")
    sql = region(tmp_path, "SELECT 1", "wrong/a.sql")
    proof = Proof(sql.ref, sql.sha256, Level.EXECUTED)

    assert (judged(bad, ALL_RAN, record(twins=twins)).problem or "") == problem
    assert (judged_other(sql, record(twins=twins, proofs=[proof])).problem or "") == problem


def test_constants_are_proved_by_who_loads_them(tmp_path: Path) -> None:
    shown = region(tmp_path, "LIMIT = 1\n")
    trace = traced({1}, {1: {"touched"}})
    loader = record("loader", loaded={"examples/a.py"})

    assert judged(shown, trace, loader, record("touched")).tests == ["loader"]
    assert judged(shown, trace, record("touched"), record("else")).tests == ["touched"]


def test_what_cannot_be_judged_is_refused_first(tmp_path: Path) -> None:
    hidden = region(tmp_path, "def f() -> int:  # pragma: no cover\n    return 1\n")

    block = judged(hidden, traced({1, 2}, {2: {"t"}}), record())

    assert "holds `# pragma: no cover`" in str(block.problem)


# --- other files ------------------------------------------------------------------------


def test_only_exactly_this_text_counts(tmp_path: Path) -> None:
    shown = region(tmp_path, "SELECT 1", "a.sql")
    right = Proof(shown.ref, shown.sha256, Level.EXECUTED, "PostgreSQL")
    nobody = "no passing test ran it: run it with a helper in a test"

    def problem(proof: Proof, **fields: object) -> str | None:
        return judged_other(shown, record(proofs=[proof], **fields)).problem

    assert not problem(right)
    assert problem(Proof(shown.ref, "0", Level.EXECUTED)) == nobody
    assert problem(Proof("examples/b.sql", shown.sha256, Level.EXECUTED)) == nobody
    nothing = "ran only in t, which proves nothing: mend the test"
    assert problem(right, outcome="failed") == nothing
    assert problem(right, assertions=0) == nothing


@pytest.mark.parametrize(
    ("forms", "problem"),
    [
        ({"first"}, "ran only in its form ['first']: build it twice in a test"),
        ({"incremental"}, "ran only in its form ['incremental']: build it twice in a test"),
        ({"first", "incremental"}, ""),
    ],
)
def test_both_forms_of_an_incremental_model_have_to_run(
    tmp_path: Path, forms: set[str], problem: str
) -> None:
    shown = region(tmp_path, "{% if is_incremental() %}", "a.sql")
    proofs = [Proof(shown.ref, shown.sha256, Level.EXECUTED, "dbt", form) for form in forms]

    assert (judged_other(shown, record(proofs=proofs)).problem or "") == problem


@pytest.mark.parametrize(
    ("levels", "tool", "engines", "level", "named"),
    [
        ([Level.EXECUTED], "PostgreSQL", {AWS, DATABASE}, "executed", ["PostgreSQL 18"]),
        ([Level.EXECUTED], "bash", {AWS}, "emulated", ["moto 5"]),
        ([Level.EXECUTED], "bash", set(), "executed", []),
        ([Level.PLANNED], "Terraform 1", {AWS}, "planned", ["moto 5"]),
        ([Level.EXECUTED, Level.VALIDATED], "x", set(), "validated", []),
        ([Level.EXECUTED], "", {AWS, DATABASE}, "emulated", ["PostgreSQL 18", "moto 5"]),
    ],
)
def test_the_least_claim_stands(
    tmp_path: Path,
    levels: list[Level],
    tool: str,
    engines: set[tuple[str, str, str]],
    level: str,
    named: list[str],
) -> None:
    shown = region(tmp_path, "text", "a.txt")
    proofs = [Proof(shown.ref, shown.sha256, one, tool) for one in levels]

    block = judged_other(shown, record(proofs=proofs, engines=engines))

    assert (block.level, block.engines) == (level, named)
    assert (block.tools, block.tests) == ([tool] if tool else [], ["t"])


def test_one_real_run_is_enough_for_a_script(tmp_path: Path) -> None:
    shown = region(tmp_path, "echo", "a.sh")
    proof = Proof(shown.ref, shown.sha256, Level.EXECUTED, "bash")
    both = [record("moto", proofs=[proof], engines={AWS}), record("real", proofs=[proof])]

    assert judged_other(shown, *both).level == "executed"
    assert judged_other(shown, both[0]).level == "emulated"


# --- the run ----------------------------------------------------------------------------


def test_cells_of_notebooks_are_blocks() -> None:
    cell = Proof("notebooks/n.ipynb#one", "1", Level.EXECUTED, "IPython")
    other = Proof("examples/a.sql", "2", Level.EXECUTED, "PostgreSQL")

    plain = collect._notebooks({"t": record(proofs=[cell, other])})
    on_moto = collect._notebooks({"t": record(proofs=[cell], engines={AWS})})

    assert plain == {cell.ref: Block("1", "executed", [], ["IPython"], ["t"])}
    assert on_moto[cell.ref].level == "emulated"
    assert on_moto[cell.ref].engines == ["moto 5"]


def test_engines_are_counted_by_outcome() -> None:
    records = {
        "a": record("a", engines={AWS, DATABASE}),
        "b": record("b", engines={AWS}, outcome="failed"),
    }

    assert collect._engine_counts(records) == {
        "PostgreSQL 18": {"passed": 1},
        "moto 5": {"passed": 1, "failed": 1},
    }


def test_a_rule_is_proved_with_the_blocks_that_its_test_ran() -> None:
    proofs = {"b": record("b", rules=["X-1"], twins=1), "a": record("a", rules=["X-1"])}

    assert collect._rules(proofs, {"b": {"z", "y"}}) == {
        "X-1": [
            RuleProof("a", [], has_twins=False),
            RuleProof("b", ["y", "z"], has_twins=True),
        ]
    }


def fragment(folder: Path, name: str, lines: dict[str, dict[str, set[int]]]) -> None:
    """Write what coverage noted in a process: lines by context and file."""
    data = coverage.CoverageData(str(folder / f"coverage.{name}"))
    for context, by_file in lines.items():
        data.set_context(context)
        data.add_lines(by_file)
    data.write()


def test_fragments_are_put_together_and_a_broken_one_is_left_out(tmp_path: Path) -> None:
    file = str((tmp_path / "a.py").resolve())
    fragment(tmp_path, "main", {"t|setup": {file: {1, 2}}, "t|run": {file: {3}}})
    fragment(tmp_path, "child", {"u|run": {file: {3, 4}}, "": {file: {5}}})
    (tmp_path / "coverage.broken").write_bytes(b"no data")

    trace = collect._trace(collect._combined(tmp_path), tmp_path / "a.py")

    assert trace.any == {1, 2, 3, 4, 5}
    assert dict(trace.calls) == {3: {"t", "u"}, 4: {"u"}}
    assert trace.tests == {"t", "u"}


def test_a_line_that_no_passing_test_ran_is_uncovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "EXAMPLES", tmp_path)
    text = "a = 1\nb = (\n    2\n)\nc = 3\nd = 4\n"
    for name in ("a.py", ".venv/b.py", "all.py"):
        region(tmp_path, text, name)
    here, every = (str((tmp_path / name).resolve()) for name in ("a.py", "all.py"))
    fragment(
        tmp_path,
        "main",
        {
            "": {here: {1}},
            "good|setup": {here: {3}, every: {1, 2, 5, 6}},
            "bad|run": {here: {5}},
        },
    )

    found = collect._uncovered(collect._combined(tmp_path), {"good"})

    assert found == {"examples/a.py": [5, 6]}


def test_a_run_is_judged_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "EXAMPLES", tmp_path / "examples")
    python = region(tmp_path / "examples", CODE)
    sql = region(tmp_path / "examples", "SELECT 1", "a.sql")
    found = {python.ref: python, sql.ref: sql}

    def find(ref: str) -> Region:
        if ref not in found:
            raise collect.RegionError(f"{ref}: there is no file")
        return found[ref]

    monkeypatch.setattr(collect.regions, "find", find)
    proof = Proof(sql.ref, sql.sha256, Level.EXECUTED, "PostgreSQL")
    cell = Proof("notebooks/n.ipynb#one", "1", Level.EXECUTED)
    records = [
        record(rules=["X-1"], loaded={python.ref}, proofs=[proof, cell], engines={DATABASE}),
        record("s", outcome="skipped", reason="no server"),
    ]
    run = tmp_path / "run"
    run.mkdir()
    text = "".join(f"{one.to_json()}\n" for one in records)
    (run / "tests-main.jsonl").write_text(text, "utf-8")
    fragment(run, "main", {"": {str(python.path): {1, 4}}, "t|run": {str(python.path): {5}}})

    evidence = collect.collect(run, {ref: ["p.md"] for ref in (*found, "examples/no.py")})

    levels = {ref: block.level for ref, block in evidence.blocks.items()}
    assert levels == {
        python.ref: "executed",
        sql.ref: "executed",
        cell.ref: "executed",
        "examples/no.py": None,
    }
    assert evidence.blocks["examples/no.py"].problem == "examples/no.py: there is no file"
    assert evidence.rules == {
        "X-1": [RuleProof("t", sorted([python.ref, sql.ref, cell.ref]), has_twins=False)]
    }
    assert evidence.skipped == {"s": "no server"}
    assert evidence.engines == {"PostgreSQL 18": {"passed": 1}}
    assert evidence.uncovered == {}
    assert evidence.run["tests"] == {"passed": 1, "skipped": 1}
    assert evidence.run["id"] == "run"
