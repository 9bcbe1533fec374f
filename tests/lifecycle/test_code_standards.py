"""Proofs of docs/lifecycle/code-standards.md."""

import ast
import datetime as dt
import importlib.metadata
import io
import json
import logging
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from guidance.engines import environment
from guidance.evidence import assert_output, load_example, regions, run_shell, twins
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import EXAMPLES

HERE = "lifecycle/code-standards"
FOLDER = EXAMPLES / HERE
LINT = f"examples/{HERE}/pyproject-lint.toml"
PIPELINE = EXAMPLES / "river-levels-etl/src/river_levels"
TODAY = dt.date(2026, 3, 30)
STEPS = ["wrong/step0", *(f"step{number}" for number in range(1, 7))]


def pair(good: str, wrong: str) -> dict[str, ModuleType]:
    """Load an example and its counter-example."""
    return {
        "good": load_example(f"{HERE}/{good}.py"),
        "bad": load_example(f"{HERE}/wrong/{wrong}.py"),
    }


def stopped(monkeypatch: pytest.MonkeyPatch, module: object, now: dt.datetime) -> None:
    """Stop the clock of a module, or of all that import ``datetime`` anew."""

    class Stopped(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return now.astimezone(tz) if tz else now.replace(tzinfo=None)

    monkeypatch.setattr(module, "datetime", Stopped)


# --- the refactoring ------------------------------------------------------------------


@pytest.fixture
def replies(tmp_path: Path) -> Path:
    """The recorded replies, and no table yet."""
    folder = tmp_path / "levels"
    folder.mkdir()
    for name in ("stations.csv", "readings.json"):
        shutil.copy(FOLDER / "data" / name, folder / name)
    return folder


@pytest.fixture
def run(replies: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Runs a step as of 30 March 2026 and returns the table that it wrote."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, "daily_levels", raising=False)

    def run_step(step: str, today: dt.date = TODAY) -> str:
        table = replies / "daily.csv"
        table.unlink(missing_ok=True)
        if step == "wrong/step0":
            nine = dt.datetime.combine(today, dt.time(9), dt.UTC)
            with monkeypatch.context() as patch, environment(LEVELS_FOLDER=str(replies)):
                stopped(patch, dt, nine)
                load_example(f"{HERE}/{step}.py")
        elif step == "step6":
            load_example(f"{HERE}/{step}.py").main([str(replies), "--before", str(today)])
        else:
            load_example(f"{HERE}/{step}.py").main(replies, today)
        return table.read_text("utf-8")

    return run_step


@pytest.mark.parametrize("step", STEPS)
def test_each_step_writes_the_same_table(step: str, run: Callable[[str], str]) -> None:
    assert_output(f"examples/{HERE}/data/daily.csv", run(step))
    assert len(run(step).splitlines()) == 5


def test_a_step_that_changes_what_comes_out_is_noticed(
    run: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import daily_levels

    monkeypatch.setattr(daily_levels, "without_repeats", list)

    table = run("step6")

    assert "2026-03-29,Kingston,6" in table
    assert table != (FOLDER / "data" / "daily.csv").read_text("utf-8")


def test_the_steps_get_shorter_and_ruff_falls_silent(project: Path) -> None:
    found = Counter(Path(one["filename"]).stem for one in ruff(project / "src"))
    lines = ["step  functions  longest  ruff", "----  ---------  -------  ----"]
    for number, step in enumerate(STEPS):
        texts = [(FOLDER / f"{step}.py").read_text("utf-8")]
        if step == "step6":
            texts.append((FOLDER / "daily_levels.py").read_text("utf-8"))
        functions = [f for text in texts for f in functions_of(text)]
        longest = max(map(length, functions), default=len(texts[0].splitlines()))
        lines.append(
            f"{number:>4}  {len(functions):>9}  {longest:>7}  {found[Path(step).name]:>4}"
        )

    assert_output(f"examples/{HERE}/steps.out", "\n".join(lines))
    assert found["daily_levels"] == 0


def functions_of(source: str) -> list[ast.FunctionDef]:
    """Return the functions of a source."""
    return [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]


def length(function: ast.FunctionDef) -> int:
    """Return how many lines a function has, its heading included."""
    return (function.end_lineno or 0) - function.lineno + 1


def test_what_cannot_be_used_is_counted_by_reason(replies: Path) -> None:
    """What step 0 swallowed, from step 4 on."""
    rejected = load_example(f"{HERE}/step4.py").main(replies, TODAY)

    assert [one.reason for one in rejected] == [
        "TypeError: float() argument must be a string or a real number, not 'list'",
        "could not convert string to float: '0.451|0.452'",
        "the level is not plausible",
        "the time has no zone",
        "TypeError: float() argument must be a string or a real number, not 'NoneType'",
        "KeyError: '9999TH-level-stage-i-15_min-mASD'",
    ]
    assert load_example(f"{HERE}/step5.py").main(replies, TODAY) != []


def test_wrong_arguments_end_step_6_before_any_work(
    replies: Path, run: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        load_example(f"{HERE}/step6.py").main([str(replies), "--before", "tomorrow"])

    assert (
        "argument --before: invalid fromisoformat value: 'tomorrow'" in capsys.readouterr().err
    )
    assert not (replies / "daily.csv").exists()


# --- CODE-1: what a pure module may not do ----------------------------------------------

IMPURE = {
    "import requests": "1: import requests",
    "import os.path": "1: import os.path",
    "from boto3.session import Session": "1: import boto3.session",
    "from . import shell": "1: import .",
    "def f():\n    import random": "2: import random",
    "from datetime import datetime\nx = datetime.now()": "2: datetime.datetime.now",
    "from datetime import datetime as d\nx = d.now()": "2: datetime.datetime.now",
    "import datetime as d\nx = d.datetime.utcnow()": "2: datetime.datetime.utcnow",
    "import datetime\nx = datetime.date.today()": "2: datetime.date.today",
    "from datetime import date\nf = date.today": "2: datetime.date.today",
    "x = open('a')": "1: open",
    "x = [print(1)]": "1: print",
    "x = __import__('os')": "1: __import__",
}
PURE = [
    "from datetime import date\nx = date(2026, 3, 29)",
    "from levels.windows import Window",
    "import json\nx = json.loads('[]')[0].now()",
    "x = (1).real\ny = x.now",
    "x = {}['a'].open",
]


@pytest.mark.rule("CODE-1")
@pytest.mark.parametrize("source", IMPURE)
def test_what_is_not_pure_is_found(source: str) -> None:
    purity = load_example(f"{HERE}/purity.py")

    assert purity.impurities(source) == [IMPURE[source]]


@pytest.mark.rule("CODE-1")
@pytest.mark.parametrize("source", PURE)
def test_what_is_pure_is_let_be(source: str) -> None:
    purity = load_example(f"{HERE}/purity.py")

    assert purity.impurities(source, own=["levels.windows"]) == []


@pytest.mark.rule("CODE-1")
def test_a_search_for_words_misses_a_new_name() -> None:
    def finds_all(module: Any) -> None:
        missed = [source for source in IMPURE if not module.impurities(source)]
        assert missed == [], f"{len(missed)} of {len(IMPURE)} missed"

    twins(finds_all, **pair("purity", "grep_for_the_clock"), harm="3 of 13 missed")


@pytest.mark.rule("CODE-1")
def test_the_core_is_pure_and_so_is_that_of_the_pipeline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    purity = load_example(f"{HERE}/purity.py")
    windows = (PIPELINE / "windows.py").read_text("utf-8")

    assert purity.main([str(FOLDER / "daily_levels.py"), str(PIPELINE / "parse.py")]) == 0
    assert capsys.readouterr().out == ""
    assert purity.impurities(windows, own=["river_levels.errors"]) == []


@pytest.mark.rule("CODE-1")
def test_the_check_ends_the_build() -> None:
    done = subprocess.run(
        [sys.executable, FOLDER / "purity.py", FOLDER / "step6.py"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"{FOLDER / 'step6.py'}:7: import logging" in done.stdout.splitlines()


@pytest.mark.rule("CODE-1")
def test_the_same_input_gives_the_same_output_anywhere() -> None:
    modules = {
        "good": load_example(f"{HERE}/daily_levels.py"),
        "bad": load_example(f"{HERE}/wrong/digits_from_the_environment.py"),
    }

    def is_the_same(module: Any) -> None:
        levels_m = [0.436, 0.44, 0.447]
        with environment(LEVELS_DIGITS="1"):
            if hasattr(module, "summary"):
                mean_m = module.summary(TODAY, "Kingston", levels_m).mean_m
            else:
                mean_m = module.mean_m(levels_m)
        assert mean_m == 0.441

    twins(is_the_same, **modules, harm=r"0\.4 == 0\.441")
    source = (FOLDER / "wrong/digits_from_the_environment.py").read_text("utf-8")
    assert load_example(f"{HERE}/purity.py").impurities(source) == ["3: import os"]


# --- ruff and mypy ----------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the settings of the page, the steps and the counter-examples."""
    folder = tmp_path / "project"
    for source in [*FOLDER.glob("*.py"), *FOLDER.glob("wrong/*.py")]:
        target = folder / "src" / source.relative_to(FOLDER)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    shutil.copy(FOLDER / "pyproject-lint.toml", folder / "pyproject.toml")
    return folder


def ruff(*paths: Path, select: str = "") -> list[dict[str, Any]]:
    """Return what ruff finds under the settings of the page, and note that it did."""
    chosen = ["--isolated", "--select", select] if select else []
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=json"),
            *chosen,
            *map(str, paths),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() in {
        "",
        "warning: No Python files found under the given path(s)",
    }
    tool = f"ruff {importlib.metadata.version('ruff')}"
    sha256 = regions.find(LINT).sha256
    RECORDER.proof(Proof(LINT, sha256, Level.VALIDATED, tool))
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def codes(*paths: Path, select: str = "") -> set[str]:
    """Return the codes of what ruff finds."""
    return {one["code"] for one in ruff(*paths, select=select)}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("mutable_default", {"B006"}),
        ("error_swallowed", {"E722", "S110"}),
        ("printed", {"T201"}),
        ("commented_out", {"ERA001"}),
        ("the_clock_decides", {"TID251"}),
        ("step0", {"DTZ005", "E722", "PLR1730", "PLR2004", "T201", "TID251"}),
    ],
)
def test_ruff_rejects_what_the_page_says_it_rejects(
    wrong: str, expected: set[str], project: Path
) -> None:
    assert codes(project / "src" / "wrong" / f"{wrong}.py") == expected


@pytest.mark.rule("CODE-2")
def test_code_without_types_or_of_any_length_is_rejected(tmp_path: Path) -> None:
    core = (FOLDER / "daily_levels.py").read_text("utf-8")
    long = "    n = 0\n" + "    n += 1\n" * 40 + "    return n\n"
    sources = {
        "good": core,
        "untyped": core.replace("moment: datetime", "moment"),
        "mistyped": core.replace(").date()", ").isoformat()"),
        "long": f"{core}\n\n\ndef does_everything() -> int:\n{long}",
    }

    def is_accepted(name: str) -> None:
        folder = tmp_path / name
        (folder / "src").mkdir(parents=True, exist_ok=True)
        shutil.copy(FOLDER / "pyproject-lint.toml", folder / "pyproject.toml")
        (folder / "src" / "daily_levels.py").write_text(sources[name], "utf-8")
        env = {"MYPY_CACHE_DIR": str(tmp_path / "cache"), "RUFF_NO_CACHE": "true"}
        run_shell(f"examples/{HERE}/check.sh", cwd=folder, env=env)

    twins(is_accepted, good="good", bad="untyped", harm=r"missing a type annotation")
    twins(is_accepted, good="good", bad="mistyped", harm=r'got "str", expected "date"')
    twins(
        is_accepted, good="good", bad="long", harm=r"PLR0915 Too many statements \(41 > 30\)"
    )
    assert max(length(f) for f in functions_of(core)) <= 40


@pytest.mark.rule("CODE-3")
def test_a_clock_with_a_zone_is_a_clock_all_the_same(project: Path) -> None:
    bad = project / "src" / "wrong" / "the_clock_decides.py"

    assert codes(bad, select="DTZ") == set()
    assert codes(bad) == {"TID251"}
    edge = bad.rename(bad.with_name("cli.py"))
    assert codes(edge) == set()


@pytest.mark.rule("CODE-3")
def test_a_rerun_next_day_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = pair("finished", "the_clock_decides")
    days = [TODAY - dt.timedelta(days=1), TODAY]

    def is_the_same_on(module: Any, today: dt.date) -> list[dt.date]:
        if hasattr(module, "datetime"):
            stopped(monkeypatch, module, dt.datetime.combine(today, dt.time(9), dt.UTC))
            return list(module.finished(days))
        return list(module.finished(days, before=TODAY))

    def is_the_same(module: Any) -> None:
        later = is_the_same_on(module, TODAY + dt.timedelta(days=1))
        assert len(is_the_same_on(module, TODAY)) == len(later)

    twins(is_the_same, **modules, harm="1 == 2")


@pytest.mark.rule("CODE-3")
def test_the_script_gives_another_table_on_another_day(
    run: Callable[..., str],
) -> None:
    days = [TODAY, TODAY + dt.timedelta(days=1)]

    def is_the_same(tables: Callable[[dt.date], str]) -> None:
        first, second = (tables(day).splitlines() for day in days)
        assert len(first) == len(second)

    twins(
        is_the_same,
        good=lambda today: run("step1", TODAY),
        bad=lambda today: run("wrong/step0", today),
        harm="5 == 7",
    )


# --- the other rules --------------------------------------------------------------------


@pytest.mark.rule("CODE-4")
def test_one_run_does_not_remember_the_last() -> None:
    def starts_afresh(module: Any) -> None:
        module.count(["the time has no zone"])
        again = module.count(["the time has no zone"])
        assert again.total() == 1

    twins(starts_afresh, **pair("rejections", "mutable_default"), harm="2 == 1")


@pytest.mark.rule("CODE-4")
@pytest.mark.parametrize("content", ['{"items": [{"val', "{}", "[]", "null", "\x00"])
def test_half_a_file_is_not_a_quiet_day(content: str, tmp_path: Path) -> None:
    file = tmp_path / "readings.json"
    file.write_text(content, "utf-8")

    def is_refused(module: Any) -> None:
        said: object = "nothing"
        try:
            items = module.read_items(file)
            said = f"{len(items)} readings"
        except getattr(module, "Unreadable", LookupError) as error:
            said = type(error.__cause__).__name__ if str(file) in str(error) else error
        assert said in {"JSONDecodeError", "KeyError", "TypeError"}, said

    modules = pair("replies", "error_swallowed")
    twins(is_refused, **modules, harm="0 readings")
    file.write_text('{"items": [{"value": 1}]}', "utf-8")
    assert (
        modules["good"].read_items(file) == modules["bad"].read_items(file) == [{"value": 1}]
    )


@pytest.mark.rule("CODE-5")
def test_a_wrong_setting_ends_the_job_before_any_work(tmp_path: Path) -> None:
    def leaves_nothing(module: Any) -> None:
        with environment(LEVELS_FOLDER=str(tmp_path), LEVELS_BUCKET=None):
            with pytest.raises((ValidationError, KeyError), match=r"(?i)bucket"):
                module.run("day,station\n")
        left = [file.name for file in tmp_path.iterdir()]
        assert left == []

    modules = pair("job", "setting_read_late")
    twins(leaves_nothing, **modules, harm=r"\['daily.csv'\] == \[\]")
    for module in modules.values():
        with environment(LEVELS_FOLDER=str(tmp_path), LEVELS_BUCKET="levels"):
            assert module.run("day\n") == (tmp_path / "daily.csv", "s3://levels/daily.csv")


@pytest.mark.rule("CODE-6")
def test_progress_does_not_land_in_the_file(caplog: pytest.LogCaptureFixture) -> None:
    modules = pair("export", "printed")

    def is_a_table(module: Any) -> None:
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            module.export([("day", "station"), (TODAY, "Kingston")], to=out)
        assert out.getvalue().splitlines()[0] == "day,station"

    with caplog.at_level(logging.INFO):
        twins(is_a_table, **modules, harm="'exporting 2 rows' == 'day,station'")
    assert [(r.levelname, r.message, r.rows) for r in caplog.records] == [
        ("INFO", "export.done", 2)
    ]


@pytest.mark.rule("CODE-7")
def test_a_second_call_changes_nothing() -> None:
    modules = pair("datum", "changed_in_place")

    def is_raised_once(module: Any) -> None:
        levels = [module.Level("Kingston", 0.436)]
        module.above_ordnance(levels, 14)
        (level,) = module.above_ordnance(levels, 14)
        assert round(level.level_m, 3) == 14.436

    twins(is_raised_once, **modules, harm=r"28\.436 == 14\.436")
    with pytest.raises(FrozenInstanceError):
        modules["good"].Level("Kingston", 0.436).level_m = 1


@pytest.mark.rule("CODE-10")
def test_pennies_and_zeros_survive() -> None:
    rows = [{"account": "007141", "pounds": "0.10"}] * 3
    modules = pair("rates", "money_in_floats")

    def pennies_add_up(module: Any) -> None:
        (pounds,) = module.paid(rows).values()
        assert str(pounds) == "0.30"

    def zeros_stay(module: Any) -> None:
        (account,) = module.paid(rows)
        assert account == "007141"

    twins(pennies_add_up, **modules, harm=r"'0\.30000000000000004' == '0\.30'")
    twins(zeros_stay, **modules, harm="7141 == '007141'")
    assert modules["good"].paid(rows) == {"007141": Decimal("0.30")}


@pytest.mark.rule("CODE-12")
def test_dead_code_is_found(project: Path) -> None:
    files = {
        load_example(f"{HERE}/limits.py"): project / "src" / "limits.py",
        load_example(f"{HERE}/wrong/commented_out.py"): (
            project / "src" / "wrong" / "commented_out.py"
        ),
    }
    good, bad = files

    def says_one_thing(module: Any) -> None:
        assert module.is_plausible(0.436) and not module.is_plausible(-32.768)
        found = codes(files[module])
        assert found == set()

    twins(says_one_thing, good=good, bad=bad, harm="ERA001")
