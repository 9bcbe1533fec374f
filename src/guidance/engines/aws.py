"""The AWS services that examples call: moto, LocalStack, ministack, or yours.

Which one is used is the environment's business, as it is in production: an
``AWS_ENDPOINT_URL`` that is already set wins, else an emulator is started.
"""

import functools
import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from guidance.engines.events import announce
from guidance.engines.postgres import EngineError
from guidance.engines.processes import Guard, free_port

REGION: Final = "eu-west-2"
LOCALSTACK_PROJECT = Path(__file__).with_name("localstack")
LOCALSTACK_START_S = 120.0
MINISTACK_PROJECT = Path(__file__).with_name("ministack")
MINISTACK_START_S = 60.0
MOTO_START_S = 30.0


@dataclass(frozen=True)
class AwsEngine:
    """Where AWS calls go.

    Attributes:
        name: ``moto``, ``LocalStack``, ``ministack``, or ``AWS`` for an endpoint we do
            not know.
        version: the emulator's version; empty for an endpoint we do not know.
        endpoint_url: what to put into ``AWS_ENDPOINT_URL``.
    """

    name: str
    version: str
    endpoint_url: str

    def environment(self) -> dict[str, str | None]:
        """Return the standard variables that send boto3 and the CLI here.

        None stands for a variable that must not be set: a profile of the user's
        would otherwise win.
        """
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PROFILE": None,
            "AWS_SESSION_TOKEN": None,
        }


@contextmanager
def moto() -> Iterator[AwsEngine]:
    """Run the moto server on a free port of 127.0.0.1, in a process of its own.

    Raises:
        EngineError: if it does not answer within 30 seconds.
    """
    port = free_port()
    arguments = ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    # It is not ours to measure, and it must not read the user's AWS settings.
    hidden = ("AWS_", "COVERAGE_")
    variables = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    version = importlib.metadata.version("moto")
    with _server("moto", [sys.executable, *arguments], variables) as server:
        url = f"http://127.0.0.1:{port}"
        server.wait(lambda: _is_moto(url), MOTO_START_S)
        yield _announced(AwsEngine("moto", version, url))


@contextmanager
def localstack() -> Iterator[AwsEngine]:
    """Run LocalStack as a process of this machine, without a container.

    Its environment is a uv project of its own (``localstack/`` beside this module),
    because it needs Python 3.13 and dependencies of its release date. The first
    start installs it.

    Raises:
        EngineError: if it cannot be installed or does not answer within 2 minutes.
    """
    if sys.platform == "win32":
        raise EngineError("LocalStack in host mode needs Linux or macOS: use compose.yaml")
    python = _installed(LOCALSTACK_PROJECT, _pyenv_python("3.13"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {
        "PATH": os.environ["PATH"],
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_SERVER": "hypercorn",  # the default server ignores the address
        "OVERRIDE_IN_DOCKER": "0",
        "S3_SKIP_SIGNATURE_VALIDATION": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }
    command = [str(python), "-m", "localstack.runtime.main"]
    with _server("localstack", command, variables) as server:
        server.wait(lambda: _localstack_version(url), LOCALSTACK_START_S)
        yield _announced(AwsEngine("LocalStack", _localstack_version(url), url))


@contextmanager
def ministack(*, enforce_iam: bool = True) -> Iterator[AwsEngine]:
    """Run ministack as a process of this machine, without a container.

    It is the engine that denies: with ``enforce_iam`` a request needs a policy that
    allows it, except for the account's root, whose keys :meth:`AwsEngine.environment`
    holds. Lambda functions run in its own process group, without isolation. Its
    environment is a uv project of its own (``ministack/`` beside this module); the
    first start installs it.

    Raises:
        EngineError: if it cannot be installed or does not answer within a minute.
    """
    python = _installed(MINISTACK_PROJECT, sys.executable)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    # Nothing else: the functions that it runs inherit what it has.
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP")
    variables = {name: os.environ[name] for name in kept if name in os.environ}
    variables |= {
        "AUTH": "true" if enforce_iam else "false",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_HOST": "127.0.0.1",
    }
    with _server("ministack", [str(python), "-m", "ministack"], variables) as server:
        server.wait(lambda: _ministack_version(url), MINISTACK_START_S)
        yield _announced(AwsEngine("ministack", _ministack_version(url), url))


class _Server:
    """A server process with a folder of its own; both go together."""

    def __init__(self, name: str, command: list[str], variables: dict[str, str]) -> None:
        self._name = name
        self._folder = Path(tempfile.mkdtemp(prefix=f"guidance-{name}-"))
        variables |= {"HOME": str(self._folder), "FILESYSTEM_ROOT": str(self._folder)}
        with open(self._folder / "server.log", "wb") as log:
            # Not a `with` block: the server has to outlive this call.
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._guard = Guard(self._process.pid, self._folder)

    def wait(self, is_up: Callable[[], object], seconds: float) -> None:
        """Return once the server answers.

        Raises:
            EngineError: with the end of its log, if it ends or does not answer.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            if is_up():
                return
            time.sleep(0.05)
        log = (self._folder / "server.log").read_text(errors="replace")
        raise EngineError(f"{self._name} did not start: {log.strip()[-500:]}")

    def close(self) -> None:
        """Stop the server and remove everything that it wrote."""
        if sys.platform == "win32":
            self._process.kill()
        else:
            with suppress(ProcessLookupError):  # it may have ended by itself
                os.killpg(self._process.pid, signal.SIGKILL)  # LocalStack ignores SIGTERM
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._guard.release()


@contextmanager
def _server(name: str, command: list[str], variables: dict[str, str]) -> Iterator[_Server]:
    server = _Server(name, command, variables)
    try:
        yield server
    finally:
        server.close()


def _pyenv_python(minor: str) -> str:
    """Return pyenv's Python of a minor version, which its shims hide from uv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(pyenv.glob(f"{minor}*/bin/python"))
    return str(found[-1]) if found else minor


def _installed(project: Path, python: str) -> Path:
    """Install an engine's environment if it is missing and return its Python.

    Args:
        project: the folder of its ``pyproject.toml`` and ``uv.lock``.
        python: what uv makes the environment with: a path, or a version.

    Raises:
        EngineError: if uv is missing or fails.
    """
    environment = Path.cwd() / "build" / "engines" / project.name
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise EngineError("uv is not on PATH: run `pip install uv`")
    variables = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    variables |= {"UV_PROJECT_ENVIRONMENT": str(environment), "UV_PYTHON": python}
    done = subprocess.run(
        [uv, "sync", "--frozen", "--project", str(project)],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EngineError(
            f"{project.name} could not be installed: {done.stderr.strip()[-400:]}"
        )
    windows = sys.platform == "win32"
    return environment / ("Scripts/python.exe" if windows else "bin/python")


def _localstack_version(url: str) -> str:
    health = _get_json(f"{url}/_localstack/health")
    return str(health.get("version", "")) if health else ""


def _ministack_version(url: str) -> str:
    health = _get_json(f"{url}/_ministack/health")
    return str(health.get("version", "")) if health else ""


def _is_moto(url: str) -> bool:
    # Not data.json: it fails while S3 holds some kinds of objects, such as copies.
    return _get_json(f"{url}/moto-api/config") is not None


def _get_json(url: str) -> dict[str, object] | None:
    """Fetch a JSON object from a local emulator; None if that fails."""
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310  local, http
            found = json.load(reply)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


@functools.cache
def identify(endpoint_url: str) -> AwsEngine:
    """Ask an endpoint which emulator it is."""
    if version := _ministack_version(endpoint_url):  # it answers as LocalStack too
        return AwsEngine("ministack", version, endpoint_url)
    if version := _localstack_version(endpoint_url):
        return AwsEngine("LocalStack", version, endpoint_url)
    if _is_moto(endpoint_url):
        return AwsEngine("moto", importlib.metadata.version("moto"), endpoint_url)
    return AwsEngine("AWS", "", endpoint_url)


def _announced(engine: AwsEngine) -> AwsEngine:
    kind = "aws" if engine.name == "AWS" else "aws emulator"
    announce(engine.name, engine.version, kind)
    return engine


@contextmanager
def aws() -> Iterator[AwsEngine]:
    """Yield the engine that ``AWS_ENDPOINT_URL`` names, else start moto."""
    if url := os.environ.get("AWS_ENDPOINT_URL"):
        yield _announced(identify(url))
    else:
        with moto() as engine:
            yield engine


@contextmanager
def environment(**variables: str | None) -> Iterator[None]:
    """Set environment variables (None: unset) for a block, then restore them."""
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
