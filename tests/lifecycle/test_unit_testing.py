"""Proofs of docs/lifecycle/unit-testing.md."""

import http.server
import importlib.metadata
import inspect
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ParamValidationError

from guidance.engines import environment
from guidance.evidence import assert_output, load_example, regions, run_shell, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES, ROOT

HERE = "lifecycle/unit-testing"
FOLDER = EXAMPLES / HERE
SETTINGS = f"examples/{HERE}/pyproject-tests.toml"
SCHEMA = f"examples/{HERE}/readings.schema.json"
RECORDED = EXAMPLES / "river-levels-etl/tests/fixtures/readings_g1th.json"
SUBJECT = (FOLDER / "flood_reports.py").read_text("utf-8")
TABLE = ("test_flood_reports.py", "test_bugs.py")

# A bug that somebody could make: what it is, the code, and what they wrote instead.
MUTANTS = [
    ("Excel's mark is read as text", '"utf-8-sig"', '"utf-8"'),
    ("line breaks in cells change", 'StringIO(text, newline="")', "StringIO(text, None)"),
    ("rows with one id both count", "contents[one.report_id] > 1", "False"),
    ("repeats count twice", "elif one in seen", "elif one is seen"),
    ("any object is a row", "not isinstance(row, Mapping)", "row is ..."),
    ("the id may be missing", "if report_id is None", "if report_id is ..."),
    ("numbers become texts", "not isinstance(value, str)", "value is ..."),
    ("accents have two forms", 'normalize("NFC", value)', 'normalize("NFD", value)'),
    ("pasted spaces stay", r"\u200b", ""),
    ("blank is a name", "strip(BLANK) or None", "strip(BLANK)"),
    ("leading zeros stay", 'text.lstrip("0")', "text"),
    ("foreign digits pass", "uprn.isascii() and ", ""),
    ("13 digits pass", "> MOST_UPRN_DIGITS", "> MOST_UPRN_DIGITS + 1"),
    ("summer is an hour late", "tzinfo=LONDON, fold=fold", "tzinfo=UTC, fold=fold"),
    ("a time that came twice is guessed", "if first < second", "if False"),
    ("a time that never came is guessed", "if first > second", "if False"),
    ("1901 is a date", "not EARLIEST <= moment <= until", "not moment <= until"),
    ("the last moment is too late", "moment <= until", "moment < until"),
    ("times keep their zone", "return moment.astimezone(UTC)", "return moment"),
    ("true is 1 cm", "isinstance(value, bool) or ", ""),
    ("endless numbers crash", "(OverflowError, ValueError)", "ValueError"),
    ("not a number is a depth", "not math.isfinite(depth_cm) or ", ""),
    ("no water is no depth", "depth_cm < 0", "depth_cm <= 0"),
    ("water below the floor", " or depth_cm < 0", ""),
]


def planted(old: str, new: str, source: str = SUBJECT) -> str:
    """Return the transform with a bug."""
    assert source.count(old) == 1, old
    return source.replace(old, new)


@pytest.fixture(autouse=True)
def siblings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the examples import each other, and forget them afterwards."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("edge_cases", "flood_reports"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.delitem(sys.modules, name)


def failures(names: Sequence[str], subject: ModuleType | None = None) -> list[str]:
    """Run the tests of some example files, and return what failed.

    Args:
        subject: tested in the place of ``flood_reports``.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "flood_reports", raising=False)
        if subject is not None:
            patch.setitem(sys.modules, "flood_reports", subject)
        found = []
        for name in names:
            for test, call in calls_of(load_example(f"{HERE}/{name}")):
                try:
                    call()
                except Exception:
                    found.append(test)
        return found


def calls_of(module: ModuleType) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield each test of a file by its name, or by that of its row in the table."""
    for name, function in vars(module).items():
        if name.startswith("test_") and "when" in inspect.signature(function).parameters:
            for when in module.CASES:
                yield when, partial(function, when)
        elif name.startswith("test_"):
            yield name, function


def made(source: str) -> ModuleType:
    """Return a transform made from its source."""
    module = ModuleType("flood_reports")
    sys.modules["flood_reports"] = module  # dataclasses look their module up
    exec(compile(source, "flood_reports.py", "exec"), vars(module))  # noqa: S102
    return module


# --- the table, and what it finds -------------------------------------------------------


@pytest.mark.rule("UT-5")
def test_every_row_of_the_table_holds() -> None:
    cases = load_example(f"{HERE}/edge_cases.py").CASES

    assert failures(TABLE) == []
    assert len(cases) > 40


@pytest.mark.rule("UT-5")
def test_the_table_finds_every_planted_bug() -> None:
    def finds_all(names: Sequence[str]) -> None:
        bugs = [made(planted(old, new)) for _, old, new in MUTANTS]
        found = [bug for bug in bugs if failures(names, bug)]
        assert len(found) == len(MUTANTS), f"found {len(found)} of {len(MUTANTS)} bugs"

    twins(finds_all, good=TABLE, bad=["wrong/happy_path.py"], harm="found 0 of 24 bugs")


def test_each_planted_bug_is_found_by_the_row_that_the_page_names() -> None:
    lines = ["planted bug                         found by", f"{'-' * 34}  {'-' * 35}"]
    for name, old, new in MUTANTS:
        first, *_ = [*failures(TABLE, made(planted(old, new))), "nothing"]
        lines.append(f"{name:<34}  {first.removeprefix('test_').replace('_', ' ')}")

    assert_output(f"examples/{HERE}/mutants.out", "\n".join(lines))
    assert "nothing" not in "".join(lines)


@pytest.mark.rule("UT-5")
def test_pandas_decides_who_has_a_name() -> None:
    modules = {
        "good": load_example(f"{HERE}/flood_reports.py"),
        "bad": load_example(f"{HERE}/wrong/pandas_guesses.py"),
    }
    content = b"report_id,surname\n000417,NA\n1,None\n2,Null\n"

    def keeps_names(module: Any) -> None:
        assert str(module.read_csv(content)[0]["surname"]) == "NA"

    def keeps_zeros(module: Any) -> None:
        assert str(module.read_csv(content)[0]["report_id"]) == "000417"

    twins(keeps_names, **modules, harm="'nan' == 'NA'")
    others = [str(row["surname"]) for row in modules["bad"].read_csv(content)[1:]]
    assert others == ["nan", "Null"]
    twins(keeps_zeros, **modules, harm="'417' == '000417'")


@pytest.mark.rule("UT-2")
def test_each_of_two_bugs_has_its_failure() -> None:
    two = planted("depth_cm < 0", "depth_cm < -9", planted('text.lstrip("0")', "text"))

    def shows_both(names: Sequence[str]) -> None:
        count = len(failures(names, made(two)))
        assert count >= 2, f"{count} failure for 2 bugs"

    twins(shows_both, good=TABLE, bad=["wrong/all_in_one.py"], harm="1 failure for 2 bugs")
    assert failures(["wrong/all_in_one.py"]) == []


@pytest.mark.rule("UT-4")
def test_a_record_typed_anew_does_not_show_the_bug() -> None:
    before = made(planted(r"\u200b", ""))

    def shows_it(names: Sequence[str]) -> None:
        assert failures(names, before), "passes on the code that had the bug"

    twins(
        shows_it,
        good=["test_bugs.py"],
        bad=["wrong/typed_from_the_ticket.py"],
        harm="passes on the code that had the bug",
    )
    assert failures(["test_bugs.py", "wrong/typed_from_the_ticket.py"]) == []
    ref = f"examples/{HERE}/fixtures/zero_width_space.json"
    RECORDER.proof(Proof(ref, regions.find(ref).sha256, Level.EXECUTED, "read by the test"))


# In a process of its own: here, pytest watches every assertion inside hypothesis.
PROPERTIES = """
import sys
sys.path[:0] = sys.argv[1:3]
import hypothesis
hypothesis.settings.register_profile(
    "quick", derandomize=True, database=None, deadline=None, max_examples=100,
    phases=[hypothesis.Phase.generate])
hypothesis.settings.load_profile("quick")
import flood_reports
if sys.argv[3:]:
    flood_reports.parse_all = __import__(sys.argv[3]).parse_all
import test_properties
for name, function in sorted(vars(test_properties).items()):
    if name.startswith("test_"):
        try:
            function()
        except AssertionError:
            print(name)
"""


@pytest.mark.rule("UT-6")
def test_properties_find_what_no_example_shows(tmp_path: Path) -> None:
    def hold(subject: Sequence[str]) -> None:
        folders = [FOLDER, FOLDER / "wrong"]
        done = subprocess.run(
            [sys.executable, "-c", PROPERTIES, *folders, *subject],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        broken = " and ".join(done.stdout.split())
        assert broken == ""

    harm = "test_every_row_has_a_verdict and test_order_does_not_matter"
    twins(hold, good=[], bad=["last_row_wins"], harm=harm)


@pytest.mark.rule("UT-6")
def test_tidy_examples_do_not_see_that_rows_are_lost() -> None:
    real = load_example(f"{HERE}/flood_reports.py")
    sys.modules["flood_reports"] = real
    bad = load_example(f"{HERE}/wrong/last_row_wins.py")

    assert failures(["wrong/happy_path.py"], bad) == []
    assert bad.parse_all([None], None) == [real.Refused("not a row", None)]


PLAIN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # plugins that are not used take seconds


# --- the suite as pytest runs it --------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the settings of the page and the transform, without tests."""
    folder = tmp_path / "project"
    for part in ("src", "tests/unit"):
        (folder / part).mkdir(parents=True)
    shutil.copy(FOLDER / "pyproject-tests.toml", folder / "pyproject.toml")
    shutil.copy(FOLDER / "flood_reports.py", folder / "src")
    shutil.copy(FOLDER / "edge_cases.py", folder / "tests" / "unit")
    return folder


def note_settings() -> None:
    """Note that pytest and coverage obeyed the settings of the page."""
    tool = f"pytest {importlib.metadata.version('pytest')}"
    sha256 = regions.find(SETTINGS).sha256
    RECORDER.proof(Proof(SETTINGS, sha256, Level.EXECUTED, tool))


@pytest.mark.rule("UT-1")
def test_the_happy_path_covers_too_little(project: Path) -> None:
    def is_covered(names: Sequence[str]) -> None:
        for file in (project / "tests" / "unit").glob("test_*.py"):
            file.unlink()
        for name in names:
            shutil.copy(FOLDER / name, project / "tests" / "unit" / f"test_{Path(name).name}")
        with environment(COVERAGE_PROCESS_START=None, **PLAIN):
            run_shell(f"examples/{HERE}/coverage.sh", cwd=project)

    twins(
        is_covered,
        good=["test_flood_reports.py"],
        bad=["wrong/happy_path.py"],
        harm=r"Coverage failure: total of [67]\d is less than fail-under=90",
    )
    note_settings()
    assert not (project / "tests" / "unit" / "test_test_flood_reports.py").exists()


@pytest.fixture
def source() -> Iterator[tuple[str, list[str]]]:
    """A source on this machine, and what was asked of it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


@pytest.mark.rule("UT-3")
def test_no_test_reaches_the_network(
    source: tuple[str, list[str]], project: Path, tmp_path: Path
) -> None:
    url, asked = source

    printed: list[str] = []

    def run(options: Sequence[str]) -> None:
        asked.clear()
        with environment(RIVER_LEVELS_API_URL=url, NO_PROXY="127.0.0.1", **PLAIN):
            done = subprocess.run(
                [
                    *(
                        sys.executable,
                        "-m",
                        "pytest",
                        "-p",
                        "no:cacheprovider",
                        "-p",
                        "pytest_socket",
                    ),
                    *("-c", project / "pyproject.toml", "--rootdir", FOLDER),
                    *(*options, FOLDER / "wrong" / "asks_the_network.py"),
                ],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
        printed.append(done.stdout)

    def asks_nobody(options: Sequence[str]) -> None:
        run(options)
        assert len(asked) == 0, f"the source got {len(asked)} request"

    twins(asks_nobody, good=(), bad=["--noconftest"], harm="the source got 1 request")
    guarded, open_to_all = printed
    assert "SocketBlockedError" in guarded and "1 failed" in guarded
    assert "1 passed" in open_to_all
    note_settings()


# --- doubles, frames and contracts ------------------------------------------------------


@pytest.mark.rule("UT-8")
def test_a_mock_takes_any_argument() -> None:
    archive = (FOLDER / "archive.py").read_text("utf-8")
    mistyped = ModuleType("mistyped")
    exec(compile(planted("Body=", "Boddy=", archive), "archive.py", "exec"), vars(mistyped))  # noqa: S102
    modules = {
        "good": load_example(f"{HERE}/doubles.py"),
        "bad": load_example(f"{HERE}/wrong/says_yes_to_everything.py"),
    }
    RECORDER.engine("moto", importlib.metadata.version("moto"), "aws emulator")

    def notices(module: Any) -> None:
        noticed = "nothing"
        with module.s3_with("reports") as client:
            try:
                mistyped.store(client, "reports", "a.csv", b"x")
            except ParamValidationError as error:
                noticed = str(error)
        assert "Boddy" in noticed, f"noticed {noticed}"

    with environment(AWS_ENDPOINT_URL=None, AWS_ENDPOINT_URL_S3=None):
        twins(notices, **modules, harm="noticed nothing")
        with modules["good"].s3_with("reports") as client:
            load_example(f"{HERE}/archive.py").store(client, "reports", "a.csv", b"x")
            got = client.get_object(Bucket="reports", Key="a.csv")
            assert (got["Body"].read(), got["ContentType"]) == (b"x", "text/csv")


@pytest.mark.rule("UT-8")
def test_a_reply_of_our_own_keeps_no_contract() -> None:
    contract = load_example(f"{HERE}/contract.py")
    recorded = load_example(f"{HERE}/recorded.py")
    imagined = load_example(f"{HERE}/wrong/imagined_reply.py")

    def keeps_it(reply: Callable[[], object]) -> None:
        found = contract.breaches(reply(), ROOT / SCHEMA)
        assert found == []

    twins(
        keeps_it,
        good=partial(recorded.reply, RECORDED),
        bad=imagined.reply,
        harm=r"\$\.items\[0\]: 'dateTime' is a required property",
    )
    tool = f"jsonschema {importlib.metadata.version('jsonschema')}"
    RECORDER.proof(Proof(SCHEMA, regions.find(SCHEMA).sha256, Level.VALIDATED, tool))


@pytest.mark.rule("UT-7")
@pytest.mark.parametrize(
    ("actual", "harm"),
    [
        (pd.DataFrame({"day": ["28", "29"], "n": [1.0, 2.0]}), "types differ"),
        (pd.DataFrame({"day": ["28", "29"], "m": [1, 2]}), "names differ"),
        (pd.DataFrame({"day": [], "n": []}), "no row at all"),
    ],
    ids=["types", "names", "empty"],
)
def test_frames_that_differ_are_told_apart(actual: pd.DataFrame, harm: str) -> None:
    expected = pd.DataFrame({"day": ["29", "28"], "n": [2, 1]})
    expected = expected if len(actual) else expected.head(1)

    def tells(module: Any) -> None:
        module.assert_same(expected.iloc[::-1], expected, "day")
        try:
            module.assert_same(actual, expected, "day")
            told = False
        except AssertionError:
            told = True
        assert told, harm

    modules = {
        "good": load_example(f"{HERE}/frames.py"),
        "bad": load_example(f"{HERE}/wrong/values_only.py"),
    }
    twins(tells, **modules, harm=harm)
    other = expected.assign(n=7)
    with pytest.raises(AssertionError, match="the frames differ"):
        modules["bad"].assert_same(other, expected, "day")
