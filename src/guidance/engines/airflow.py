"""Airflow on this machine, in the environment of the reference pipeline's DAGs.

Everything that it writes lies in one folder, which the caller removes: its metadata
database (SQLite, unless told otherwise), logs and passwords.
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psutil
from filelock import FileLock

from guidance.engines.aws import _installed
from guidance.engines.child import Child
from guidance.engines.events import announce
from guidance.engines.postgres import EngineError
from guidance.engines.processes import Guard, free_port
from guidance.paths import BUILD, EXAMPLES

PROJECT = EXAMPLES / "river-levels-etl" / "airflow"
START_S = 300.0
STOP_S = 20.0
ADMIN = "admin"
DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
VERSION = "import importlib.metadata as m; print(m.version('apache-airflow'))"


@dataclass
class Airflow:
    """An installation of Airflow with a folder of its own.

    Attributes:
        python: of its environment.
        home: its ``AIRFLOW_HOME``.
        dags: the folder of the DAGs.
        settings: more environment variables.
    """

    python: Path
    home: Path
    dags: Path
    settings: dict[str, str] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """Return all environment variables of its processes."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
        kept.pop("VIRTUAL_ENV", None)
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        return (
            kept
            | {
                "PATH": path,
                "AIRFLOW_HOME": str(self.home),
                "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
                "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
                "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
                "NO_COLOR": "1",
            }
            | self.settings
        )

    def cli(self, *arguments: str, timeout_s: float = 120) -> str:
        """Run ``airflow …`` and return what it printed.

        Raises:
            EngineError: if it fails.
        """
        done = subprocess.run(
            [str(self.python), "-m", "airflow", *arguments],
            env=self.variables(),
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode:
            raise EngineError(
                f"airflow {' '.join(arguments)} ended with {done.returncode}: "
                f"{(done.stdout + done.stderr).strip()[-1500:]}"
            )
        return done.stdout

    @contextmanager
    def child(self) -> Iterator[Child]:
        """Run a process that has Airflow imported and runs what tests send it."""
        running = Child(self.python, self.home, self.variables())
        try:
            yield running
        finally:
            running.close()


@contextmanager
def airflow(home: Path, dags: Path = PROJECT / "dags", **settings: str) -> Iterator[Airflow]:
    """Make an Airflow ready to use, its metadata database made.

    Args:
        home: an empty folder; it becomes ``AIRFLOW_HOME``.
        dags: the folder of the DAGs.
        settings: environment variables.

    Raises:
        EngineError: if the platform, uv or the installation fails.
    """
    if sys.platform == "win32":
        raise EngineError("Airflow does not run on Windows: use WSL or a container")
    python = _installed(PROJECT, sys.executable)
    made = Airflow(python, home, dags, settings)
    if DATABASE in settings:
        made.cli("db", "migrate")
    else:
        _copy_database(made)
    found = subprocess.run(
        [str(python), "-c", VERSION], capture_output=True, text=True, check=True
    )
    announce("Airflow", found.stdout.strip(), "airflow")
    yield made


def _copy_database(made: Airflow) -> None:
    """Give an installation an empty metadata database, made once for each lock file."""
    lock = hashlib.sha256((PROJECT / "uv.lock").read_bytes()).hexdigest()[:12]
    template = BUILD / "engines" / f"airflow-{lock}.db"
    target = made.home / "airflow.db"
    with FileLock(template.with_suffix(".lock")):
        if not template.exists():
            made.cli("db", "migrate")
            shutil.copy(target, template)
    shutil.copy(template, target)


class Standalone:
    """Airflow as ``airflow standalone`` runs it: every part, in one process group.

    Args:
        installation: which Airflow.
        command: what starts it; ``airflow standalone`` if nothing is given.
    """

    def __init__(self, installation: Airflow, command: Sequence[str] = ()) -> None:
        self.airflow = installation
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        installation.settings |= {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__PARALLELISM": "4",  # each worker is a process
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "PYTHONPATH": str(PROJECT / "local"),  # no servers of logs
        }
        self._token = ""
        self._log = (installation.home / "standalone.log").open("wb")
        self._process = subprocess.Popen(
            command or [str(installation.python), "-m", "airflow", "standalone"],
            env=installation.variables(),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._guard = Guard(self._process.pid, installation.home)

    def wait(self, seconds: float = START_S) -> Self:
        """Return once the scheduler and the API server are healthy.

        Raises:
            EngineError: with the end of the log, if they are not in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            health = self._get_health()
            if health.get("scheduler", {}).get("status") == "healthy":
                return self
            time.sleep(0.5)
        raise EngineError(f"Airflow did not start: {self.log()[-1500:]}")

    def log(self) -> str:
        """Return what its processes printed."""
        path = self.airflow.home / "standalone.log"
        return path.read_text("utf-8", errors="replace")

    def password(self) -> str:
        """Return the password of the user ``admin``, which it made up."""
        [found] = self.airflow.home.glob("simple_auth_manager_passwords.json*")
        return str(json.loads(found.read_text("utf-8"))[ADMIN])

    def api(
        self, path: str, body: dict[str, Any] | None = None, method: str = ""
    ) -> dict[str, Any]:
        """Ask the REST API (``/api/v2``) and return its answer.

        Raises:
            EngineError: with the answer, if it refuses.
        """
        if not self._token:
            login = {"username": ADMIN, "password": self.password()}
            self._token = self._ask("/auth/token", login, "POST", "")["access_token"]
        method = method or ("GET" if body is None else "POST")
        return self._ask(f"/api/v2{path}", body, method, self._token)

    def processes(self) -> list[psutil.Process]:
        """Return every process of it, those of running tasks too."""
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def listens_on(self) -> set[str]:
        """Return the addresses that its processes listen on."""
        found = set()
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                found |= {
                    connection.laddr.ip
                    for connection in process.net_connections("tcp")
                    if connection.status == psutil.CONN_LISTEN
                }
        return found

    def close(self) -> None:
        """Stop every process; tasks have process groups of their own."""
        those = self.processes()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            _, those = psutil.wait_procs(those, timeout=STOP_S)
        for process in those:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(those, timeout=STOP_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()
        self._guard.release()

    def _get_health(self) -> dict[str, Any]:
        try:
            return self._ask("/api/v2/monitor/health", None, "GET", "")
        except (EngineError, OSError):
            return {}

    def _ask(
        self, path: str, body: dict[str, Any] | None, method: str, token: str
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  http, this machine
            self.url + path, data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:  # noqa: S310
                text = reply.read()
        except urllib.error.HTTPError as error:
            answer = error.read().decode(errors="replace")
            raise EngineError(f"{method} {path}: {error.code} {answer[:500]}") from error
        found = json.loads(text or b"{}")
        return found if isinstance(found, dict) else {"items": found}


@contextmanager
def standalone(installation: Airflow, command: Sequence[str] = ()) -> Iterator[Standalone]:
    """Run an Airflow until the block ends; no process of it is left.

    Args:
        installation: which Airflow.
        command: what starts it; ``airflow standalone`` if nothing is given.

    Raises:
        EngineError: if it does not start within five minutes.
    """
    running = Standalone(installation, command)
    try:
        yield running.wait()
    finally:
        running.close()


def command_of_the_pipeline() -> str:
    """Return the pipeline's command of the environment that runs the tests.

    Raises:
        EngineError: if it is not installed.
    """
    found = shutil.which("river-levels", path=str(Path(sys.executable).parent))
    if found is None:
        raise EngineError("river-levels is not installed: run `uv sync`")
    return found
