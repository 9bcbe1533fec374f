"""What each helper notes, to the letter, and what makes a run a full one."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from guidance.engines.terraform import TerraformError
from guidance.evidence import (
    cells,
    examples,
    notebooks,
    outputs,
    plugin,
    regions,
    shell,
    store,
    summary,
    terraform,
    twins,
    validate,
)
from guidance.evidence.recorder import Level, Proof, Recorder, TestRecord
from guidance.evidence.store import Block, Evidence, RuleProof
from guidance.paths import EXAMPLES, ROOT

SHELL = "examples/a.sh"


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> TestRecord:
    """What the helpers note, kept apart from this test's own record."""
    record = TestRecord("a")
    recorder = Recorder(current=record)
    places = (examples, notebooks, outputs, shell, terraform, validate)
    for place in (*places, sys.modules["guidance.evidence.twins"]):
        monkeypatch.setattr(place, "RECORDER", recorder)
    return record


# --- shell ------------------------------------------------------------------------------


@pytest.fixture
def block(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Makes a text the shell block SHELL."""

    def show(text: str) -> regions.Region:
        region = regions.Region(SHELL, tmp_path / "a.sh", (1, 1), text)
        monkeypatch.setattr(regions, "find", {SHELL: region}.__getitem__)
        return region

    return show


def test_a_script_that_ran_is_noted_by_its_text(
    noted: TestRecord, block: Any, tmp_path: Path
) -> None:
    region = block('for n in 1 2; do\n  echo "$n $WORD" >&"$n"\ndone\npwd')

    done = shell.run_shell(SHELL, cwd=tmp_path, env={"WORD": "äöü"})

    assert done == shell.ShellResult(f"1 äöü\n{tmp_path}\n", "2 äöü\n", 0)
    assert noted.proofs == [Proof(SHELL, region.sha256, Level.EXECUTED, "bash")]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("echo said; echo loud >&2\nfalse", 0, r"ended with 1, not 0:\nsaid\nloud\n"),
        ("true", 1, r"ended with 0, not 1"),
        ("exit 3\necho never", 3, r"these commands never ran: echo \(line 2\)"),
        ("false | true", 0, "ended with 1"),
        ("false\necho never", 0, "ended with 1"),
        ("if false; then\n  a\n  b\nfi", 0, r"never ran: a \(line 2\), b \(line 3\)"),
    ],
)
def test_a_script_that_did_not_do_all_is_refused(
    noted: TestRecord, block: Any, tmp_path: Path, text: str, code: int, says: str
) -> None:
    block(text)

    with pytest.raises(shell.ShellError, match=says):
        shell.run_shell(SHELL, cwd=tmp_path, exit_code=code)
    assert noted.proofs == []


def test_the_last_command_may_fail_as_expected(
    noted: TestRecord, block: Any, tmp_path: Path
) -> None:
    block("echo before\nexit 4")

    assert shell.run_shell(SHELL, cwd=tmp_path, exit_code=4).exit_code == 4
    assert len(noted.proofs) == 1


def test_a_script_reads_nothing_and_may_not_take_for_ever(
    noted: TestRecord, block: Any, tmp_path: Path
) -> None:
    block("cat")
    assert shell.run_shell(SHELL, cwd=tmp_path).stdout == ""

    block("sleep 30")
    with pytest.raises(Exception, match=r"timed out after 0\.2 seconds"):
        shell.run_shell(SHELL, cwd=tmp_path, timeout_s=0.2)
    assert shell.TIMEOUT_S == 300


def test_commands_know_their_lines() -> None:
    found = shell.commands("a=1\nb \\\n  --c\nunset a\nA=1 d\nexport E=2\n")

    assert found == [
        shell.Command("a=", 1, 1),
        shell.Command("b", 2, 3),
        shell.Command("unset", 4, 4),
        shell.Command("d", 5, 5),
        shell.Command("export", 6, 6),
    ]


@pytest.mark.parametrize(
    ("traced", "word"),
    [("a=1", "a="), ("a+=1", "a="), ("'my tool' x", "my"), ("echo a=1", "echo")],
)
def test_a_traced_line_names_its_command(traced: str, word: str) -> None:
    assert shell._first_word(traced) == word


# --- outputs, schemas, twins, examples --------------------------------------------------


def test_an_output_is_compared_by_its_words(
    noted: TestRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = regions.Region("a.out", tmp_path / "a.out", (1, 1), "took 3 s")
    monkeypatch.setattr(outputs, "ROOT", tmp_path)
    monkeypatch.setattr(regions, "find", lambda _: region)
    region.path.write_text("took 3 s   \n", "utf-8")

    outputs.assert_output("a.out", "\ntook 3 s\n\n")
    outputs.assert_output("a.out", "took 4 s", volatile=[r"\d+"])

    assert (
        noted.proofs == [Proof("a.out", region.sha256, Level.EXECUTED, "output compared")] * 2
    )
    with pytest.raises(
        AssertionError, match=r"(?s)--- a\.out.*run pytest with --update-outputs"
    ):
        outputs.assert_output("a.out", "took 4 s")
    with pytest.raises(AssertionError, match=r"\+took 3 s"):
        outputs.assert_output("none.out", "took 3 s")
    assert len(noted.proofs) == 2


def test_an_output_is_written_if_asked_for(
    noted: TestRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "ROOT", tmp_path)
    monkeypatch.setenv(outputs.UPDATE, "1")
    region = regions.Region("a.out", tmp_path / "a.out", (1, 1), "new")
    monkeypatch.setattr(regions, "find", lambda _: region)

    outputs.assert_output("a.out", "\nnew\n\n")

    assert (tmp_path / "a.out").read_bytes() == b"new\n"
    assert len(noted.proofs) == 1


def test_a_file_that_fits_its_schema_is_validated_not_executed(
    noted: TestRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = tmp_path / "s.json"
    schema.write_text('{"properties": {"day": {"type": "string", "format": "date"}}}', "utf-8")
    for text, is_good in (('day: "2026-11-28"', True), ('day: "tomorrow"', False)):
        region = regions.Region("a.yml", tmp_path / "a.yml", (1, 1), text)
        monkeypatch.setattr(regions, "find", lambda _, found=region: found)
        if is_good:
            assert validate.validate_schema("a.yml", str(schema)) == {"day": "2026-11-28"}
        else:
            with pytest.raises(Exception, match="'tomorrow' is not a 'date'"):
                validate.validate_schema("a.yml", str(schema))

    [proof] = noted.proofs
    assert (proof.level, proof.tool.split()[0]) == (Level.VALIDATED, "jsonschema")


def test_twins_are_counted_once_they_are_held(noted: TestRecord) -> None:
    def small(number: int) -> None:
        assert number < 10, f"{number} is not small"

    twins(small, good=1, bad=11, harm="11 is not small")
    assert noted.twins == 1
    with pytest.raises(AssertionError):
        twins(small, good=1, bad=2, harm="")
    assert noted.twins == 1


def test_an_example_is_noted_and_new_each_time(noted: TestRecord) -> None:
    name = "storage/s3-and-boto/events.py"

    one, two = (examples.load_example(name) for _ in range(2))

    assert one is not two
    assert one.__name__ == "example_storage_s3_and_boto_events"
    assert sys.modules[one.__name__] is two
    assert noted.loaded == {f"examples/{name}"}
    for missing in ("storage", "none.py", "storage/none"):
        with pytest.raises(FileNotFoundError, match=f"there is no example {missing}"):
            examples.load_example(missing)


# --- Terraform's own tests --------------------------------------------------------------

MODULE = "examples/lifecycle/ci-cd/static-site"


def workspace(folder: Path, fails: str = "") -> Any:
    """Return a folder in which Terraform's tests passed, or failed."""

    def run() -> None:
        if fails:
            raise TerraformError(fails)

    return SimpleNamespace(folder=folder, test=run, tool=lambda: "Terraform 1")


def test_tests_of_terraform_prove_their_own_text(noted: TestRecord) -> None:
    source = next(path for path in EXAMPLES.rglob("tests/*.tftest.hcl")).parents[1]
    name = source.relative_to(ROOT).as_posix()

    terraform.prove_tests(workspace(source), name)

    refs = {f"{name}/tests/{path.name}" for path in source.glob("tests/*.tftest.hcl")}
    assert {proof.ref for proof in noted.proofs} >= refs
    assert {(p.level, p.tool) for p in noted.proofs} == {(Level.PLANNED, "Terraform 1")}


def test_tests_of_terraform_that_fail_or_differ_prove_nothing(
    noted: TestRecord, tmp_path: Path
) -> None:
    source = next(path for path in EXAMPLES.rglob("tests/*.tftest.hcl")).parents[1]
    name = source.relative_to(ROOT).as_posix()

    with pytest.raises(TerraformError, match="run a failed"):
        terraform.prove_tests(workspace(source, "run a failed"), name)
    with pytest.raises(terraform.NotPlanned, match="is not what was planned: copy it anew"):
        terraform.prove_tests(workspace(tmp_path), name)
    assert noted.proofs == []


# --- cells ------------------------------------------------------------------------------


def output(kind: str, **fields: object) -> Any:
    """Return an output of a cell."""
    return nbformat.NotebookNode({"output_type": kind, **fields})


def test_outputs_that_are_shown_as_text_are_noted(noted: TestRecord) -> None:
    plain = {"text/plain": "\n3\n"}
    cell = nbformat.v4.new_code_cell("1 + 2", id="sum", execution_count=1)
    cell.outputs = [
        output("stream", text="\x1b[31mred\x1b[0m\n"),
        output("execute_result", data=plain),
        output("display_data", data=plain | {"image/png": "x"}),
        output("display_data", data=plain | {"text/html": "x"}),
        output("error", ename="x"),
        output("display_data", data={"application/json": {}}),
    ]

    assert list(cells.texts_of(cell)) == [(0, "red"), (1, "3")]
    assert list(cells.texts_of({})) == []
    assert [cells.rich_kind(o.data) for o in cell.outputs[1:4]] == [
        *(None, "image/png", "text/html")
    ]
    notebooks._note("n", cell)
    notebooks._note("n", nbformat.v4.new_markdown_cell("words"))
    notebooks._refuse_hidden(Path("n.ipynb"), nbformat.v4.new_markdown_cell("words"))
    assert [(p.ref, p.sha256) for p in noted.proofs] == [
        ("notebooks/n.ipynb#sum", regions.digest("1 + 2")),
        ("notebooks/n.ipynb#sum/out0", regions.digest("red")),
        ("notebooks/n.ipynb#sum/out1", regions.digest("3")),
    ]


def test_the_repositorys_notebooks_are_found() -> None:
    found = notebooks.stored_notebooks()

    assert [path.suffix for path in found] == [".ipynb"] * len(found)
    assert found == sorted(found)
    assert len(found) > 5


# --- regions ----------------------------------------------------------------------------


def test_the_regions_of_a_file_and_of_pages_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("# --8<-- [start:b]\nx = 1\n# --8<-- [end:b]\n", "utf-8")
    (tmp_path / "p.md").write_text('--8<-- "a.py:b"\n\n--8<-- "a.py"\n', "utf-8")
    (tmp_path / "q.md").write_text('--8<-- "a.py:b"\n', "utf-8")

    assert regions.refs_in(file, tmp_path) == ["a.py", "a.py:b"]
    assert regions.shown_refs(tmp_path) == {"a.py:b": ["p.md", "q.md"], "a.py": ["p.md"]}
    region = regions.find("a.py:b", tmp_path)
    assert (region.lines, region.text, region.is_python) == ((2, 2), "x = 1", True)
    assert not region.is_counter_example
    assert regions.find("a.py", tmp_path).lines == (1, 3)
    assert regions.digest("\ta") == regions.digest("    a")


def test_imports_are_named_by_their_packages(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    text = "import os.path, boto3\nfrom botocore.config import Config\nfrom . import b\n"
    file.write_text(f"{text}def f():\n    import json as j\n", "utf-8")

    assert regions.imports(file) == {"os", "boto3", "botocore", "json"}


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("if typing.TYPE_CHECKING:\n    import os\n", [((1, 1), False)]),
        (
            "@a\n@b\ndef f(\n    x,\n):\n    global y\n    y = x\n",
            [((1, 5), False), ((7, 7), True)],
        ),
        ("async def f():\n    await g()\n", [((1, 1), False), ((2, 2), True)]),
        ("class A:\n    x = 1\n    ...\n", [((1, 1), False), ((2, 2), False)]),
        ("x = (\n    1,\n)\n", [((1, 3), False)]),
        ("if a: b = 1\n", [((1, 1), False), ((1, 1), False)]),
    ],
)
def test_a_statement_stands_on_its_own_lines(
    tmp_path: Path, text: str, required: list[object]
) -> None:
    (tmp_path / "a.py").write_text(text, "utf-8")

    assert regions.PythonRegion(regions.find("a.py", tmp_path)).required == required


# --- the file ---------------------------------------------------------------------------


def test_evidence_says_when_it_was_found(tmp_path: Path) -> None:
    path = tmp_path / "e.json"
    blocks = {
        "a": Block("1", "executed"),
        "b": Block("2", "planned", ["e"], ["t"], ["x"], None, "2026-01-01"),
    }
    proofs = {"X-1": [RuleProof("t", ["a"], has_twins=True)]}
    Evidence({"id": "1", "finished_at": "2026-02-02"}, blocks, proofs).write(path)

    found = store.read(path)

    assert found is not None
    assert found.blocks["a"].ran_at == "2026-02-02"
    assert found.blocks["b"] == blocks["b"]
    assert found.rules == proofs
    assert (found.skipped, found.engines, found.uncovered) == ({}, {}, {})


def test_passes_on_other_engines_are_those_of_the_same_commit(tmp_path: Path) -> None:
    for name, commit in (("pass-b", "1"), ("pass-a", "1"), ("pass-c", "2"), ("partial", "1")):
        run = {"commit": commit, "pass": name}
        Evidence(run=run).write(tmp_path / f"evidence-{name}.json")

    found = store.read_passes("1", tmp_path)

    assert [one.run["pass"] for one in found] == ["pass-a", "pass-b"]


def test_a_newer_proof_is_added_to_the_older(tmp_path: Path) -> None:
    proof = RuleProof("t", ["a"], has_twins=False)
    for name in ("full", "partial"):
        Evidence(rules={"X-1": [proof]}).write(tmp_path / name)

    found = store.read_latest(tmp_path / "full", tmp_path / "partial")

    assert found.rules == {"X-1": [proof, proof]}


def test_a_run_is_summed_up_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = [("A-1", "proved"), ("A-2", "proved"), ("A-3", "judged")]
    rules = [SimpleNamespace(id=one, kind=summary.Kind(kind)) for one, kind in kinds]
    monkeypatch.setattr(summary, "all_rules", lambda: rules)
    evidence = Evidence(
        blocks={"a": Block("", "executed"), "b": Block("", None), "c": Block("", "executed")},
        rules={"A-1": [], "A-3": []},
        uncovered={"a": [1, 2], "b": [3]},
    )

    assert summary.summary(evidence, is_full=True) == (
        "evidence: 3 blocks: 2 executed, 1 unproved; 3 rules: 1 proved, 1 unproved, 1 judged;"
        " 3 uncovered lines in examples"
    )
    monkeypatch.setattr(summary, "all_rules", lambda: [])
    assert summary.summary(Evidence(), is_full=False) == (
        "evidence: 0 blocks: none; 0 rules: none; 0 uncovered lines in examples"
        " (partial run: not for publishing)"
    )


# --- the plugin -------------------------------------------------------------------------


def config(**changes: object) -> Any:
    """Return the configuration of a full run, with changes."""
    option = {
        **{"keyword": "", "markexpr": "not audit", "maxfail": 0, "lf": False},
        **{"stepwise": False, "deselect": None, "ignore": None, "ignore_glob": None},
        **changes,
    }
    source = option.pop("source", pytest.Config.ArgsSource.TESTPATHS)
    return SimpleNamespace(args_source=source, option=SimpleNamespace(**option))


def test_a_run_of_everything_is_full() -> None:
    assert plugin.is_full(config())


@pytest.mark.parametrize(
    "change",
    [
        {"source": pytest.Config.ArgsSource.ARGS},
        *({"keyword": "a"}, {"markexpr": ""}, {"markexpr": "audit"}, {"maxfail": 1}),
        *({"lf": True}, {"stepwise": True}, {"deselect": ["a"]}, {"ignore": ["a"]}),
        {"ignore_glob": ["a"]},
    ],
)
def test_a_run_that_leaves_something_out_is_not(change: dict[str, object]) -> None:
    assert not plugin.is_full(config(**change))


def item(*marks: pytest.Mark) -> Any:
    """Return a test that carries marks."""

    def iter_markers(name: str) -> Iterator[pytest.Mark]:
        return (mark for mark in marks if mark.name == name)

    return SimpleNamespace(nodeid="a::b", iter_markers=iter_markers)


def test_a_test_claims_two_rules_at_most() -> None:
    two = item(
        pytest.mark.rule("A-1").mark, pytest.mark.audit.mark, pytest.mark.rule("A-2").mark
    )
    three = item(pytest.mark.rule("A-1", "A-2").mark, pytest.mark.rule("A-3").mark)

    assert plugin.rules_of(two) == ["A-1", "A-2"]
    collected = plugin.Recording.pytest_collection_modifyitems
    collected(None, [two])  # type: ignore[arg-type]
    with pytest.raises(pytest.UsageError, match="a::b claims 3 rules: split it"):
        collected(None, [two, three])  # type: ignore[arg-type]


def test_old_runs_go_but_not_those_that_are_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "RUNS", tmp_path)
    old = time.time() - plugin.IDLE_S - 60
    for number in range(7):
        folder = tmp_path / f"2026-{number}"
        folder.mkdir()
        if number != 1:
            os.utime(folder, (old, old))

    plugin._forget_old_runs(keep=tmp_path / "2026-0")

    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {"2026-0", "2026-1", "2026-4", "2026-5", "2026-6"}
    assert (plugin.KEPT_RUNS, plugin.IDLE_S) == (3, 3600)


def test_what_was_executed_becomes_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "BUILD", tmp_path / "build")
    (tmp_path / "run").mkdir()
    (tmp_path / "run/n.ipynb").write_text("{}", "utf-8")

    plugin._keep_notebooks(tmp_path / "run")

    assert (tmp_path / "build/notebooks/n.ipynb").is_file()


@pytest.mark.parametrize(("given", "is_on"), [("a.rc", True), ("", False), (None, False)])
def test_our_own_code_is_measured_if_asked_for(
    monkeypatch: pytest.MonkeyPatch, given: str | None, *, is_on: bool
) -> None:
    monkeypatch.delenv(plugin.OWN_COVERAGE, raising=False)
    if given is not None:
        monkeypatch.setenv(plugin.OWN_COVERAGE, given)

    expected = {"COVERAGE_PROCESS_START": "a.rc"} if is_on else {}
    assert plugin.own_coverage() == expected


@pytest.mark.parametrize(
    ("dist", "worker", "collects", "registered"),
    [
        ("no", False, False, {"guidance-publisher", "guidance-recording"}),
        ("worksteal", False, False, {"guidance-publisher"}),
        ("worksteal", True, False, {"guidance-recording"}),
        ("no", False, True, set()),
    ],
)
def test_each_process_of_a_run_has_its_part(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dist: str,
    registered: set[str],
    *,
    worker: bool,
    collects: bool,
) -> None:
    monkeypatch.setattr(plugin, "RUNS", tmp_path)
    monkeypatch.setenv(plugin.RUN_DIR, "given")
    monkeypatch.setattr(plugin, "Recording", lambda run_dir: run_dir)
    monkeypatch.setattr(plugin, "Publisher", lambda _, run_dir: run_dir)
    found: dict[str, Path] = {}
    settings = SimpleNamespace(
        addinivalue_line=lambda *_: None,
        option=SimpleNamespace(collectonly=collects),
        getoption=lambda name, default=None: {"dist": dist}.get(name, default),
        pluginmanager=SimpleNamespace(register=lambda one, name: found.update({name: one})),
        **({"workerinput": {}} if worker else {}),
    )

    plugin.pytest_configure(settings)  # type: ignore[arg-type]

    assert set(found) == registered
    begins = "guidance-publisher" in registered
    assert len(list(tmp_path.iterdir())) == begins
    expected = str(next(tmp_path.iterdir())) if begins else "given"
    assert os.environ[plugin.RUN_DIR] == expected
    assert {str(place) for place in found.values()} <= {expected}


@pytest.mark.parametrize("phase", ["setup", "call"])
def test_each_phase_is_charged_to_its_test(
    monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    hook = getattr(plugin.Recording, f"pytest_runtest_{phase}")
    switched: list[str] = []
    recording = SimpleNamespace(
        _switch=switched.append, _run_dir=Path("/nowhere"), _name="main"
    )
    monkeypatch.setattr(plugin, "RECORDER", Recorder())
    asked = SimpleNamespace(nodeid="a::b", stash={plugin._RECORD: TestRecord("a::b")})
    before = dict(os.environ)

    running = hook(recording, asked)
    next(running)

    assert hook.pytest_impl["wrapper"], "else pytest makes the generator and never runs it"
    assert switched == [f"a::b|{'run' if phase == 'call' else 'setup'}"]
    is_call = phase == "call"
    assert (plugin.RECORDER.current is asked.stash[plugin._RECORD]) is is_call
    assert not is_call or os.environ[plugin.CHILD_CONTEXT] == "a::b|run"
    with pytest.raises(StopIteration):
        next(running)
    assert plugin.RECORDER.current is None
    assert switched[1:] == (["a::b|teardown"] if is_call else [])
    os.environ.clear()
    os.environ.update(before)


def test_an_engine_belongs_to_the_test_that_started_it() -> None:
    recorder = Recorder(current=TestRecord("a"))

    recorder.engine("moto", "5", "aws emulator")
    assert recorder.current is not None
    assert recorder.current.engines == {("moto", "5", "aws emulator")}
    recorder.current = None
    recorder.engine("moto", "5", "aws emulator")

    assert recorder.fixture_engines == {}


class Settings:
    """What the publisher asks of pytest."""

    def __init__(self, engine: str, full: Any) -> None:
        self.args_source, self.option = full.args_source, full.option
        self._engine = engine

    def getoption(self, name: str, default: object = None) -> object:
        return {"aws_engine": self._engine}.get(name, default)


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Publishes a run's evidence into a folder of this test's; returns what is there."""
    monkeypatch.setattr(plugin, "BUILD", tmp_path)
    monkeypatch.setattr(plugin, "RUNS", tmp_path)
    monkeypatch.setattr(plugin, "FULL", tmp_path / "full.json")
    monkeypatch.setattr(plugin, "PARTIAL", tmp_path / "partial.json")
    monkeypatch.setattr(regions, "shown_refs", dict)

    def run(
        name: str, *, status: int = 0, engine: str = "", stop: bool = False, **changes: object
    ) -> dict[str, Evidence | None]:
        blocks = {f"{name}": Block("1", "executed"), "never": Block("", None)}
        rules = {name: [RuleProof("t", [], has_twins=False)]}
        found = Evidence({"id": name}, blocks, rules)
        monkeypatch.setattr(plugin, "collect", lambda *_: found)
        publisher = plugin.Publisher(Settings(engine, config(**changes)), tmp_path / name)  # type: ignore[arg-type]
        publisher.pytest_sessionfinish(SimpleNamespace(shouldstop=stop), status)  # type: ignore[arg-type]
        names = ("full.json", "partial.json", "evidence-pass-localstack.json")
        return {one: store.read(tmp_path / one) for one in names}

    return run


def refs(evidence: Evidence | None) -> set[str]:
    """Return the blocks that evidence speaks of."""
    return set(evidence.blocks) if evidence else set()


def test_only_a_full_run_replaces_what_is_published(publish: Any) -> None:
    first = publish("a", keyword="x")
    assert refs(first["full.json"]) == set()
    assert refs(first["partial.json"]) == {"a"}, "what failed is left out"

    second = publish("b", keyword="x")
    assert refs(second["partial.json"]) == {"a", "b"}
    assert set(second["partial.json"].rules) == {"a", "b"}

    third = publish("c", status=1)
    assert refs(third["full.json"]) == {"c", "never"}
    assert third["full.json"].run["pass"] == ""
    assert third["partial.json"] is None


@pytest.mark.parametrize("status", [2, 3, 4, 5])
def test_a_run_that_broke_off_publishes_nothing(publish: Any, status: int) -> None:
    assert set(publish("a", status=status).values()) == {None}


def test_a_run_that_was_stopped_is_not_full(publish: Any) -> None:
    found = publish("a", stop=True)

    assert found["full.json"] is None
    assert refs(found["partial.json"]) == {"a"}


def test_a_pass_on_another_engine_stands_for_itself(publish: Any) -> None:
    found = publish("a", engine="localstack")

    passed = found.pop("evidence-pass-localstack.json")
    assert passed.run["pass"] == "localstack"
    assert set(found.values()) == {None}
