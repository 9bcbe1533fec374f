"""Airflow as a process of this machine."""

import sys
from pathlib import Path

import pytest

from guidance.engines import EngineError
from guidance.engines.airflow import Standalone, airflow, command_of_the_pipeline


def test_windows_is_told_what_to_use_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(EngineError, match="use WSL or a container"), airflow(tmp_path):
        pass


def test_without_the_pipelines_command_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    with pytest.raises(EngineError, match="run `uv sync`"):
        command_of_the_pipeline()


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    with airflow(tmp_path) as made:
        with pytest.raises(EngineError, match=r"airflow pools set .* ended with 2"):
            made.cli("pools", "set", "no-slots")


def test_one_that_does_not_start_is_an_error_and_is_gone(tmp_path: Path) -> None:
    with airflow(tmp_path) as made:
        running = Standalone(made, ["sh", "-c", "echo no room; exit 3"])
        try:
            with pytest.raises(EngineError, match=r"did not start: .*no room"):
                running.wait()
        finally:
            running.close()

    assert running.processes() == []
