"""The pytest plugin that turns a test run into evidence.

Switched on for this repository by ``-p guidance.evidence.plugin``. Every process of
the run writes a fragment into ``build/runs/<run id>/``; the process that started the
run puts them together at the end. Only a full run replaces ``build/evidence.json``.
"""

import ast
import datetime as dt
import functools
import os
import secrets
import shutil
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import coverage
import pytest

from guidance.engines import events
from guidance.evidence import regions, watch
from guidance.evidence.collect import collect
from guidance.evidence.outputs import UPDATE
from guidance.evidence.recorder import RECORDER, TestRecord
from guidance.evidence.store import FULL, PARTIAL, Evidence, read
from guidance.paths import BUILD, EXAMPLES, ROOT, RUNS

RUN_DIR = "GUIDANCE_RUN_DIR"
CHILD_CONTEXT = "GUIDANCE_TEST"
OWN_COVERAGE = "OWN_COVERAGE_RC"
"""Names the settings by which ``benchmarks/own_quality.py`` measures our own code. The run
is then measured by these, not for the evidence."""
DEFAULT_MARKS = "not audit"
MOST_RULES = 2
QUIET = ["no-data-collected", "module-not-imported", "no-sysmon-context"]
KEPT_RUNS = 3
IDLE_S = 3600
OF_A_CI = ("BUILD_NUMBER", "CI")
"""Under these pytest works out the whole difference of all that is compared. Since it
does so for assertions that hold too (``enable_assertion_pass_hook``), that takes minutes."""
MACHINERY = ("pluggy", "_pytest", __name__)

_CHILD_RC = """\
[run]
source = {source}
data_file = {data_file}
parallel = true
context = ${{{context}-}}
core = sysmon
sigterm = true
disable_warnings = {quiet}
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites the outputs shown on pages."""
    group = parser.getgroup("guidance")
    group.addoption(
        "--update-outputs",
        action="store_true",
        help="write the outputs that pages show instead of comparing them",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Begin to measure before a conftest imports an example."""
    for name in OF_A_CI:
        os.environ.pop(name, None)
    _started_coverage()


@functools.cache
def _started_coverage() -> coverage.Coverage:
    """Return this process's measurement, started."""
    outer = coverage.Coverage.current()
    if outer is not None and os.environ.get(OWN_COVERAGE):
        return outer  # a second one would pause it
    measured = coverage.Coverage(data_file=None, config_file=False, source=[str(EXAMPLES)])
    measured.set_option("run:core", "sysmon")
    measured.set_option("run:disable_warnings", QUIET)
    measured.start()
    return measured


def pytest_configure(config: pytest.Config) -> None:
    """Begin to record; the process that runs no tests only collects."""
    config.addinivalue_line("markers", "rule(*ids): the rules that a test proves")
    config.addinivalue_line("markers", "audit: a long proof, left out by default")
    if config.option.collectonly:
        return
    if config.getoption("update_outputs"):
        os.environ[UPDATE] = "1"
    is_worker = hasattr(config, "workerinput")
    is_controller = not is_worker and config.getoption("dist", "no") != "no"
    if not is_worker:
        now = dt.datetime.now(dt.UTC)
        run_dir = RUNS / f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        run_dir.mkdir(parents=True)
        os.environ[RUN_DIR] = str(run_dir)
        config.pluginmanager.register(Publisher(config, run_dir), "guidance-publisher")
    if not is_controller:
        run_dir = Path(os.environ[RUN_DIR])
        config.pluginmanager.register(Recording(run_dir), "guidance-recording")


def own_coverage() -> dict[str, str]:
    """Return what a child process needs to be measured with our own code, if it is."""
    given = os.environ.get(OWN_COVERAGE)
    return {"COVERAGE_PROCESS_START": given} if given else {}


class Recording:
    """Records the tests of one process."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._name = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{os.getpid()}"
        self._coverage = _started_coverage()
        self._set_up_children()
        watch.install()
        events.listeners.append(RECORDER.engine)

    def _set_up_children(self) -> None:
        rc = self._run_dir / f"coveragerc-{self._name}"
        text = _CHILD_RC.format(
            source=EXAMPLES.as_posix(),
            data_file=(self._run_dir / "coverage.child").as_posix(),
            context=CHILD_CONTEXT,
            quiet=", ".join(QUIET),
        )
        rc.write_text(text, "utf-8")
        os.environ["COVERAGE_PROCESS_START"] = str(rc)
        os.environ |= own_coverage()

    def _switch(self, context: str) -> None:
        """Charge the lines that run from now on to ``context``.

        sys.monitoring reports a line once and then falls silent about it, which makes
        it far cheaper than a trace function; it has to be woken for each context.
        """
        self._coverage.switch_context(context)
        sys.monitoring.restart_events()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse a test that claims to prove more than two rules."""
        for item in items:
            if len(rules_of(item)) > MOST_RULES:
                raise pytest.UsageError(
                    f"{item.nodeid} claims {len(rules_of(item))} rules: split it"
                )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool, bool]:
        """Keep a record of the test while it goes through its phases."""
        record = TestRecord(item.nodeid, rules=rules_of(item), outcome="passed")
        item.stash[_RECORD] = record
        began = time.perf_counter()
        result = yield
        record.duration_s = round(time.perf_counter() - began, 3)
        for name in getattr(item, "fixturenames", ()):
            record.engines |= RECORDER.fixture_engines.get(name, set())
        RECORDER.records.append(record)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Keep what fixtures run apart from what the test runs."""
        self._switch(f"{item.nodeid}|setup")
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Charge everything that runs now to this test, in child processes too."""
        context = f"{item.nodeid}|run"
        self._switch(context)
        os.environ[CHILD_CONTEXT] = context
        RECORDER.current = item.stash[_RECORD]
        log = self._run_dir / f"engines-{self._name}"
        os.environ[events.LOG] = str(log)
        try:
            return (yield)
        finally:
            for engine in events.announced_elsewhere(log):
                RECORDER.engine(*engine)
            RECORDER.current = None
            del os.environ[CHILD_CONTEXT], os.environ[events.LOG]
            self._switch(f"{item.nodeid}|teardown")

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        """Note which fixture started which engine."""
        with RECORDER.in_fixture(fixturedef.argname):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note the outcome: one bad phase spoils the whole test."""
        report = yield
        record = item.stash[_RECORD]
        if hasattr(report, "wasxfail"):
            record.outcome = "xfailed"
        elif not report.passed and record.outcome == "passed":
            record.outcome = report.outcome
        if report.skipped and isinstance(report.longrepr, tuple):
            record.reason = report.longrepr[2].removeprefix("Skipped: ")
        return report

    def pytest_assertion_pass(self, orig: str) -> None:
        """Count an assertion of ours that held, unless it could not have failed."""
        if RECORDER.current is None or not _is_ours(sys._getframe(1)):
            return
        if not _is_constant(orig):
            RECORDER.current.assertions += 1

    def pytest_sessionfinish(self) -> None:
        """Write this process's fragment."""
        self._coverage.stop()
        data = coverage.CoverageData(str(self._run_dir / f"coverage.{self._name}"))
        data.update(self._coverage.get_data())
        data.write()
        os.environ.pop("COVERAGE_PROCESS_START", None)
        RECORDER.write(self._run_dir / f"tests-{self._name}.jsonl")


class Publisher:
    """Puts the fragments of a run together, and says what they prove."""

    def __init__(self, config: pytest.Config, run_dir: Path) -> None:
        self._config = config
        self._run_dir = run_dir
        self._evidence: Evidence | None = None
        self._is_full = False

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(
        self, session: pytest.Session, exitstatus: int | pytest.ExitCode
    ) -> None:
        """Publish the evidence of a run that came to its end."""
        finished = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
        if exitstatus in finished:
            self._evidence = collect(self._run_dir, regions.shown_refs())
            self._is_full = is_full(self._config) and not session.shouldstop
            self._publish(self._evidence)
        _forget_old_runs(keep=self._run_dir)

    def _publish(self, evidence: Evidence) -> None:
        other = str(self._config.getoption("aws_engine", "") or "")
        if postgres := self._config.getoption("postgres", ""):
            other = "-".join(filter(None, (other, f"postgresql-{postgres}")))
        evidence.run["pass"] = other
        if other:
            evidence.write(BUILD / f"evidence-pass-{other}.json")
            return
        _keep_notebooks(self._run_dir / "notebooks")
        if self._is_full:
            evidence.write(FULL)
            PARTIAL.unlink(missing_ok=True)
        else:
            before = read(PARTIAL) or Evidence()
            evidence.blocks = before.blocks | {
                ref: block for ref, block in evidence.blocks.items() if block.level
            }
            evidence.rules = before.rules | evidence.rules
            evidence.write(PARTIAL)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print one line on what the run proved."""
        if self._evidence is not None:
            from guidance.evidence.summary import summary

            terminalreporter.write_line(summary(self._evidence, self._is_full))


def rules_of(item: pytest.Item) -> list[str]:
    """Return the rules that a test claims to prove."""
    return [rule for mark in item.iter_markers("rule") for rule in mark.args]


def is_full(config: pytest.Config) -> bool:
    """Whether a run executes everything that it could."""
    option = config.option
    return (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not option.keyword
        and option.markexpr == DEFAULT_MARKS
        and not option.maxfail
        and not getattr(option, "lf", False)
        and not getattr(option, "stepwise", False)
        and not option.deselect
        and not option.ignore
        and not option.ignore_glob
    )


def _is_ours(frame: FrameType | None) -> bool:
    """Say whether an assertion stands in this repository, not in a library."""
    while frame and frame.f_globals.get("__name__", "").startswith(MACHINERY):
        frame = frame.f_back
    return frame is not None and _is_in_repository(frame.f_code.co_filename)


@functools.cache
def _is_in_repository(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts


@functools.cache
def _is_constant(expression: str) -> bool:
    try:
        ast.literal_eval(expression)
    except (ValueError, SyntaxError, TypeError):
        return False
    return True


def _keep_notebooks(executed: Path) -> None:
    """Make the executed copies the pages of the site."""
    target = BUILD / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    for path in executed.glob("*.ipynb"):
        path.replace(target / path.name)


def _forget_old_runs(keep: Path) -> None:
    """Remove what earlier runs left, but not what another run is writing."""
    for folder in _old_runs(keep):
        shutil.rmtree(folder, ignore_errors=True)


def _old_runs(keep: Path) -> Iterator[Path]:
    runs = sorted((path for path in RUNS.iterdir() if path != keep), reverse=True)
    for folder in runs[KEPT_RUNS:]:
        if time.time() - folder.stat().st_mtime > IDLE_S:
            yield folder


_RECORD = pytest.StashKey[TestRecord]()
