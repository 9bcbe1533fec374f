"""The process that runs programs on Spark."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guidance.engines import EngineError
from guidance.engines.child import Child
from guidance.engines.spark import spark
from guidance.paths import EXAMPLES

PROJECT = EXAMPLES / "transformation" / "python" / "spark"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """The process; no test here starts a session, so it is quick."""
    try:
        with spark(PROJECT, tmp_path_factory.mktemp("spark")) as running:
            yield running
    except EngineError as error:
        pytest.skip(str(error))


def test_a_program_runs_there_and_answers(engine: Child) -> None:
    def program(example: Any) -> list[str]:
        import os

        return [os.getcwd(), example.__name__]

    folder, name = engine.run(program, PROJECT / "levels_spark.py")

    assert Path(folder) == engine.folder
    assert name == "levels_spark"


def test_its_assertions_and_errors_come_back(engine: Child) -> None:
    def fails() -> None:
        assert 1 + 1 == 3, "two is not three"

    def breaks() -> None:
        raise KeyError("gauge")

    with pytest.raises(AssertionError, match="two is not three"):
        engine.run(fails)
    with pytest.raises(EngineError, match="KeyError: 'gauge'"):
        engine.run(breaks)


def test_a_process_that_ended_is_an_error(tmp_path: Path, engine: Child) -> None:
    def ends() -> None:
        import os

        os._exit(3)

    def again() -> int:
        return 1

    with spark(PROJECT, tmp_path) as other:
        with pytest.raises(EngineError, match="the process has ended"):
            other.run(ends)
        with pytest.raises(EngineError, match="the process has ended"):
            other.run(again)
    assert engine.run(again) == 1


def test_without_java_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(EngineError, match="Java 17 or later"), spark(PROJECT, tmp_path):
        subprocess.run(["true"], check=True)
