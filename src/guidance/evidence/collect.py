"""Put together what the processes of a test run noted, and judge it.

A Python region counts as executed when every statement of it was run by the call
of a passing test (statements outside functions: when a passing test imported the
file). Everything else counts when a helper ran exactly this text in a passing test.
"""

import ast
import datetime as dt
import platform
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import coverage

from guidance.evidence import regions
from guidance.evidence.recorder import Level, TestRecord
from guidance.evidence.regions import PythonRegion, Region, RegionError
from guidance.evidence.store import Block, Evidence, RuleProof
from guidance.paths import EXAMPLES, ROOT, relative

RUN = "|run"
UNTWINNED = "was never held against its good twin: use twins() in a test that runs it"
ORDER = list(Level)
ON_POSTGRES = frozenset({"dbt", "PostgreSQL"})


@dataclass
class Traced:
    """Which lines of a file ran, and in which test's call."""

    any: set[int] = field(default_factory=set)
    calls: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def tests(self) -> set[str]:
        """The tests whose calls ran anything of the file."""
        return {test for tests in self.calls.values() for test in tests}


def collect(run_dir: Path, shown: dict[str, list[str]]) -> Evidence:
    """Judge the run whose fragments lie in ``run_dir``.

    Args:
        run_dir: holds ``tests-*.jsonl`` and coverage data files.
        shown: the refs that pages include.
    """
    records = {r.nodeid: r for r in _records(run_dir)}
    proofs = {name: r for name, r in records.items() if r.is_proof}
    data = _combined(run_dir)
    passed = {name for name, r in records.items() if r.outcome == "passed"}
    evidence = Evidence(
        skipped={n: r.reason for n, r in records.items() if r.outcome == "skipped"},
        engines=_engine_counts(records),
        uncovered=_uncovered(data, passed),
    )
    touched: dict[str, set[str]] = defaultdict(set)  # refs, by test
    traces: dict[str, Traced] = {}
    for ref in shown:
        try:
            region = regions.find(ref)
        except RegionError as error:
            evidence.blocks[ref] = Block("", None, problem=str(error))
            continue
        if region.is_python:
            name = relative(region.path)
            if name not in traces:
                traces[name] = _trace(data, region.path)
            block = _judge_python(region, traces[name], records, proofs)
        else:
            block = _judge_other(region, records, proofs)
        evidence.blocks[ref] = block
        for test in block.tests:
            touched[test].add(ref)
    for block_ref, block in _notebooks(proofs).items():
        evidence.blocks[block_ref] = block
        for test in block.tests:
            touched[test].add(block_ref)
    evidence.rules = _rules(proofs, touched)
    evidence.run = _run(run_dir, records)
    return evidence


def _records(run_dir: Path) -> list[TestRecord]:
    return [
        TestRecord.from_json(line)
        for path in sorted(run_dir.glob("tests-*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


def _combined(run_dir: Path) -> coverage.CoverageData:
    data = coverage.CoverageData(basename=str(run_dir / "combined"))
    for path in sorted(run_dir.glob("coverage.*")):
        part = coverage.CoverageData(basename=str(path))
        try:
            part.read()
        except coverage.exceptions.DataError:
            continue  # a child that was killed while it wrote
        data.update(part)
    return data


def _trace(data: coverage.CoverageData, path: Path) -> Traced:
    traced = Traced()
    for line, contexts in data.contexts_by_lineno(str(path.resolve())).items():
        traced.any.add(line)
        for context in contexts:
            if context.endswith(RUN):
                traced.calls[line].add(context.removesuffix(RUN))
    return traced


def _judge_python(
    region: Region,
    traced: Traced,
    records: dict[str, TestRecord],
    proofs: dict[str, TestRecord],
) -> Block:
    python = PythonRegion(region)
    if problem := python.problem():
        return Block(region.sha256, None, problem=problem)
    name = relative(region.path)
    loaders = {t for t, r in proofs.items() if name in r.loaded or t in traced.tests}
    tests: set[str] = set()
    lowest = Level.EXECUTED
    for (first, last), in_call in python.required:
        lines = range(first, last + 1)
        if in_call:
            ran = {t for line in lines for t in traced.calls.get(line, ())}
        else:
            ran = set(loaders) if traced.any.intersection(lines) else set()
        good = ran & proofs.keys()
        if not good:
            return Block(region.sha256, None, problem=_why(first, ran, records))
        tests |= good
        if all(_emulates(proofs[test]) for test in good):
            lowest = Level.EMULATED
    if region.is_counter_example and not any(proofs[test].twins for test in tests):
        return Block(region.sha256, None, problem=UNTWINNED)
    if not any(in_call for _, in_call in python.required):
        tests = _narrow(tests, name, proofs)
    if "boto3" in regions.imports(region.path) or "botocore" in regions.imports(region.path):
        if any(_emulates(proofs[test]) for test in tests):
            lowest = Level.EMULATED
    engines = _engines(proofs, tests)
    return Block(region.sha256, lowest, engines, tests=sorted(tests))


def _narrow(tests: set[str], name: str, proofs: dict[str, TestRecord]) -> set[str]:
    """Prefer the tests that loaded the file by name over all that touched it."""
    return {test for test in tests if name in proofs[test].loaded} or tests


def _why(line: int, ran: set[str], records: dict[str, TestRecord]) -> str:
    """Say why a statement is not proved."""
    if not ran:
        return f"line {line} never ran in a test's call: add a test that runs it"
    for test in sorted(ran):
        record = records.get(test)
        if record is None or record.outcome != "passed":
            outcome = record.outcome if record else "interrupted"
            return f"line {line} ran only in {test}, which {outcome}: make it pass"
        if not record.assertions:
            return f"line {line} ran only in {test}, which asserts nothing: assert"
    return f"line {line} ran in no test that proves anything: mend the test"


def _judge_other(
    region: Region, records: dict[str, TestRecord], proofs: dict[str, TestRecord]
) -> Block:
    found = [
        (test, proof)
        for test, record in records.items()
        for proof in record.proofs
        if proof.ref == region.ref and proof.sha256 == region.sha256
    ]
    good = [(test, proof) for test, proof in found if test in proofs]
    if good and region.is_counter_example:
        if not any(proofs[test].twins for test, _ in good):
            return Block(region.sha256, None, problem=UNTWINNED)
    if not good:
        problem = "no passing test ran it: run it with a helper in a test"
        if found:
            problem = f"ran only in {found[0][0]}, which proves nothing: mend the test"
        return Block(region.sha256, None, problem=problem)
    forms = {proof.form for _, proof in good}
    if "is_incremental()" in region.text and not {"first", "incremental"} <= forms:
        problem = f"ran only in its form {sorted(forms)}: build it twice in a test"
        return Block(region.sha256, None, problem=problem)
    tests = {test for test, _ in good}
    level = max((Level(proof.level) for _, proof in good), key=ORDER.index)
    tools = sorted({proof.tool for _, proof in good if proof.tool})
    if tools and ON_POSTGRES.issuperset(tools):  # whatever else the test used, SQL ran there
        engines = _engines(proofs, tests, kind="database")
        return Block(region.sha256, level, engines, tools, sorted(tests))
    if level is Level.EXECUTED and all(_emulates(proofs[test]) for test in tests):
        level = Level.EMULATED
    engines = _engines(proofs, tests)
    return Block(region.sha256, level, engines, tools, sorted(tests))


def _notebooks(proofs: dict[str, TestRecord]) -> dict[str, Block]:
    """Return the notebook cells that ran; whether all did is the gate's question."""
    found = {}
    for test, record in proofs.items():
        for proof in record.proofs:
            if proof.ref.startswith("notebooks/"):
                level = Level.EMULATED if _emulates(record) else Level.EXECUTED
                engines = _engines(proofs, {test})
                block = Block(proof.sha256, level, engines, [proof.tool], [test])
                found[proof.ref] = block
    return found


def _emulates(record: TestRecord) -> bool:
    return any(kind == "aws emulator" for _, _, kind in record.engines)


def _engines(
    proofs: dict[str, TestRecord], tests: set[str], kind: str | None = None
) -> list[str]:
    """Return name and version of the engines of some tests, all or of one kind."""
    found = {engine for test in tests for engine in proofs[test].engines}
    return sorted({f"{n} {v}".strip() for n, v, k in found if kind in (None, k)})


def _engine_counts(records: dict[str, TestRecord]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records.values():
        for name, version, _ in record.engines:
            counts[f"{name} {version}".strip()][record.outcome] += 1
    return {name: dict(outcomes) for name, outcomes in sorted(counts.items())}


def _rules(
    proofs: dict[str, TestRecord], touched: dict[str, set[str]]
) -> dict[str, list[RuleProof]]:
    rules: dict[str, list[RuleProof]] = defaultdict(list)
    for test, record in sorted(proofs.items()):
        for rule in record.rules:
            refs = sorted(touched.get(test, ()))
            rules[rule].append(RuleProof(test, refs, bool(record.twins)))
    return dict(rules)


def _uncovered(data: coverage.CoverageData, passed: set[str]) -> dict[str, list[int]]:
    """Return the executable lines of examples that no passing test ran."""
    missing: dict[str, list[int]] = {}
    for path in sorted(EXAMPLES.rglob("*.py")):
        if ".venv" in path.parts or "airflow" in path.parts:
            continue
        contexts = data.contexts_by_lineno(str(path.resolve()))
        ran = {
            line
            for line, names in contexts.items()
            if any(not n or n.rpartition("|")[0] in passed for n in names)
        }
        tree = ast.parse(path.read_text("utf-8"))
        lines = [
            first
            for (first, last), _ in regions.executable(tree)
            if not ran.intersection(range(first, last + 1))
        ]
        if lines:
            missing[relative(path)] = lines
    return missing


def _run(run_dir: Path, records: dict[str, TestRecord]) -> dict[str, object]:
    return {
        "id": run_dir.name,
        "commit": _git("rev-parse", "HEAD"),
        "is_clean": not _git("status", "--porcelain"),
        "finished_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "tests": dict(Counter(record.outcome for record in records.values())),
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
