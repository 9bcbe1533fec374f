"""The guard ends what its owner left, and removes what that wrote."""

import importlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from guidance.engines import guard
from guidance.engines.postgres import EngineError

aws = importlib.import_module("guidance.engines.aws")  # the package names a function so


def order(monkeypatch: pytest.MonkeyPatch, stop: object, folder: Path) -> None:
    """Give the guard its order, and let its owner be gone."""
    text = json.dumps({"stop": stop, "folder": str(folder)})
    monkeypatch.setattr(sys, "argv", ["guard.py", text])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))


def test_a_command_is_run_and_the_folder_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, mark = tmp_path / "data", tmp_path / "stopped"
    folder.mkdir()
    (folder / "file").write_text("x", "utf-8")
    program = f"open({str(mark)!r}, 'w').close()"
    order(monkeypatch, [sys.executable, "-c", program], folder)

    guard.main()

    assert mark.exists()
    assert not folder.exists()


def test_a_group_of_processes_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(sleeper, start_new_session=True) as process:
        order(monkeypatch, process.pid, tmp_path / "none")
        guard.main()

        assert process.wait(10) == -signal.SIGKILL


def test_the_folder_goes_even_if_nothing_can_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    order(monkeypatch, [str(tmp_path / "no-such-program")], tmp_path / "data")

    guard.main()

    assert not (tmp_path / "data").exists()


def test_windows_has_a_command_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(guard.sys, "platform", "win32")
    monkeypatch.setattr(guard.subprocess, "run", lambda how, **_: ran.append(how))

    guard.stop(7)

    assert ran == [["taskkill", "/F", "/T", "/PID", "7"]]


def test_a_folder_that_cannot_be_removed_at_once_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    tries: list[str] = []

    def remove(folder: str, **_: object) -> None:
        tries.append(folder)
        if len(tries) == 3:
            os.rmdir(folder)

    monkeypatch.setattr(guard.shutil, "rmtree", remove)
    monkeypatch.setattr(guard.time, "sleep", lambda _: None)
    order(monkeypatch, [sys.executable, "--version"], tmp_path / "data")

    guard.main()

    assert len(tries) == 3


# --- what an engine needs to start ------------------------------------------------------


def test_without_uv_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineError, match="uv is not on PATH: run `pip install uv`"):
        aws._installed(tmp_path, sys.executable)


def test_an_engine_that_cannot_be_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "engine").mkdir()

    with pytest.raises(EngineError, match="engine could not be installed: "):
        aws._installed(tmp_path / "engine", sys.executable)


def test_a_server_that_ends_is_reported_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no port is free')"]

    with aws._server("thing", command, {"PATH": os.environ["PATH"]}) as server:
        with pytest.raises(EngineError, match="thing did not start: no port is free"):
            server.wait(lambda: False, 20)
        folder = server._folder

    assert not folder.exists()


def test_pyenvs_python_is_found_by_its_minor_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert aws._pyenv_python("3.13") == "3.13"
    for version in ("3.12.1", "3.13.1", "3.13.2"):
        python = tmp_path / "versions" / version / "bin/python"
        python.parent.mkdir(parents=True)
        python.touch()

    assert aws._pyenv_python("3.13") == str(tmp_path / "versions/3.13.2/bin/python")


def test_localstack_is_started_for_this_machine_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\nenv > "$HOME/seen"\nexec sleep 60\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(aws, "_installed", lambda *_: program)
    monkeypatch.setattr(aws, "_localstack_version", lambda _: "1.2")

    with aws.localstack() as engine:
        port = engine.endpoint_url.rpartition(":")[2]

    assert (engine.name, engine.version) == ("LocalStack", "1.2")
    assert engine.endpoint_url == f"http://127.0.0.1:{port}"


def test_localstack_needs_another_system_than_windows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(aws.sys, "platform", "win32")

    with pytest.raises(EngineError, match="needs Linux or macOS: use compose"):
        with aws.localstack():
            raise AssertionError("it started")
