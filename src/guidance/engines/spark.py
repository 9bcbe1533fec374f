"""Spark on this machine, in an environment of its own.

One process with one session serves all tests of a module: starting Spark takes seconds.
"""

import contextlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from guidance.engines.aws import _installed
from guidance.engines.events import announce
from guidance.engines.postgres import EngineError

CHILD = Path(__file__).with_name("spark_child.py")
MOST_S = 300.0
VERSION = "import pyspark; print(pyspark.__version__)"
ARGUMENTS = (
    "--master local[1] --driver-memory 1g"
    # Small jobs: they end before a better compiler would pay.
    " --driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC'"
    " --conf spark.ui.enabled=false --conf spark.ui.showConsoleProgress=false"
    " --conf spark.driver.host=127.0.0.1 --conf spark.driver.bindAddress=127.0.0.1"
    " --conf spark.sql.shuffle.partitions=1 --conf spark.default.parallelism=1"
    " pyspark-shell"
)


class Spark:
    """A process that runs programs on Spark, in a folder."""

    def __init__(self, python: Path, folder: Path) -> None:
        variables = os.environ | {
            "PYSPARK_PYTHON": str(python),
            "PYSPARK_SUBMIT_ARGS": ARGUMENTS,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "TZ": "UTC",
        }
        self.folder = folder
        self._log = (folder / "spark.log").open("wb")
        self._process = subprocess.Popen(
            [str(python), str(CHILD)],
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
        )

    def run(self, program: Callable[..., Any], *files: Path) -> Any:
        """Run a function there, with modules of examples, and return its result.

        Its text travels, so it imports what it needs and returns what JSON can hold.

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
        reply = json.loads(line or '{"error": "Spark has ended, or took too long"}')
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


@contextmanager
def spark(project: Path, folder: Path) -> Iterator[Spark]:
    """Run Spark as a process of this machine, in local mode.

    Args:
        project: a uv project with its lock, which brings PySpark; the first start
            installs it.
        folder: what Spark may write to.

    Raises:
        EngineError: if Java is missing or the project cannot be installed.
    """
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise EngineError("Spark needs Java 17 or later on PATH")
    python = _installed(project, sys.executable)
    version = subprocess.run(
        [str(python), "-c", VERSION], capture_output=True, text=True, check=True
    ).stdout.strip()
    engine = Spark(python, folder)
    announce("PySpark", version, "spark")
    try:
        yield engine
    finally:
        engine.close()
