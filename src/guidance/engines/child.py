"""A process in an environment of its own that runs functions which tests send it.

One process serves all tests of a module: what takes seconds to import is imported once.
"""

import contextlib
import inspect
import json
import os
import subprocess
import textwrap
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from guidance.engines.postgres import EngineError

MAIN = Path(__file__).with_name("child_main.py")
MOST_S = 300.0


class Child:
    """A process that runs programs in a folder, by the Python of an environment.

    Args:
        python: the environment's.
        folder: what it works in; ``child.log`` is its standard error.
        variables: all its environment variables.
    """

    def __init__(self, python: Path, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self._log = (folder / "child.log").open("wb")
        self._process = subprocess.Popen(
            [str(python), "-P", str(MAIN)],  # else it would import what lies beside us
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
        )

    def run(
        self, program: Callable[..., Any], *files: Path, give: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a function there, with modules of examples, and return its result.

        Its text travels, so it imports what it needs and returns what JSON can hold.

        Args:
            give: more arguments, by name; JSON can hold them.

        Raises:
            AssertionError: if it raises one there.
            EngineError: if it fails in another way.
        """
        text = textwrap.dedent(inspect.getsource(program))
        request = {
            "context": os.environ.get("GUIDANCE_TEST", ""),
            "program": "from __future__ import annotations\n"
            + text.replace(f"def {program.__name__}(", "def main(", 1),
            "files": [str(file) for file in files],
            "give": dict(give or {}),
        }
        assert self._process.stdin and self._process.stdout  # noqa: S101  both are pipes
        deadline = threading.Timer(MOST_S, self._process.kill)
        deadline.start()
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            deadline.cancel()
        reply = json.loads(line or '{"error": "the process has ended, or took too long"}')
        if "assertion" in reply:
            raise AssertionError(reply["assertion"])
        if "error" in reply:
            raise EngineError(reply["error"])
        return reply["result"]

    def close(self) -> None:
        """Let the process end by itself, so that it writes what it measured."""
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()
