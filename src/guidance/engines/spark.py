"""Spark on this machine, in an environment of its own.

One process with one session serves all tests of a module: starting Spark takes seconds.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guidance.engines.aws import _installed
from guidance.engines.child import Child
from guidance.engines.events import announce
from guidance.engines.postgres import EngineError

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


@contextmanager
def spark(project: Path, folder: Path) -> Iterator[Child]:
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
    variables = os.environ | {
        "PYSPARK_PYTHON": str(python),
        "PYSPARK_SUBMIT_ARGS": ARGUMENTS,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TZ": "UTC",
    }
    engine = Child(python, folder, variables)
    announce("PySpark", version, "spark")
    try:
        yield engine
    finally:
        engine.close()
