"""The embedded PostgreSQL: private, disposable, and gone with its owner."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from guidance.engines import EngineError, PostgresServer, environment, postgres
from guidance.engines.postgres import (
    NOBODY,
    bundled_binaries,
    server_version,
    system_binaries,
)


def wait_until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Wait for something that happens in another process."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def answers(url: str) -> bool:
    """Whether a server takes connections."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_committed_data_survives_a_kill() -> None:
    with PostgresServer() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")

        server.kill()
        assert not answers(server.url)
        server.start()

        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    assert not server.folder.exists()


def test_nobody_gets_in_without_the_password() -> None:
    with PostgresServer() as server:
        wrong = server.url.replace(server.password, "wrong")

        with pytest.raises(psycopg.OperationalError, match="password authentication"):
            psycopg.connect(wrong)


def test_the_clock_is_utc_and_the_port_is_local() -> None:
    with PostgresServer() as server, psycopg.connect(server.url) as connection:
        shown = connection.execute(
            "SELECT current_setting('TimeZone'), current_setting('listen_addresses')"
        ).fetchone()

    assert shown == ("UTC", "127.0.0.1")


def test_two_servers_do_not_meet() -> None:
    with PostgresServer() as one, PostgresServer() as two:
        one.create_database("mine")

        assert one.port != two.port
        assert not answers(two.database_url("mine"))


@pytest.mark.parametrize("major", [16, 18])
def test_both_bundled_versions_start(major: int) -> None:
    with PostgresServer(bundled_binaries(major)) as server:
        assert server_version(server.url).startswith(f"{major}.")
        assert server.version == server_version(server.url)


def test_a_server_of_this_system_starts() -> None:
    if not system_binaries():
        pytest.skip("no PostgreSQL server is installed on this machine")
    with PostgresServer(system_binaries()[0]) as server:
        assert answers(server.url)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no root")
@pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() != 0, reason="only root can become nobody"
)
def test_root_becomes_nobody_where_namespaces_are_forbidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The function postgres() hides the module of the same name.
    module = sys.modules["guidance.engines.postgres"]
    monkeypatch.setattr(module, "_drops_to_nobody", lambda: True)

    with PostgresServer(_readable_binaries()) as server:
        owner = (server.data / "PG_VERSION").stat().st_uid
        assert answers(server.url)

    assert owner == NOBODY
    assert not server.folder.exists()


def _readable_binaries() -> Path:
    """Binaries that nobody may run: a checkout in a private folder is none."""
    if not system_binaries():
        pytest.skip("no PostgreSQL server is installed on this machine")
    return system_binaries()[0]


def test_a_server_that_cannot_start_says_why() -> None:
    server = PostgresServer(settings={"shared_buffers": "nonsense"})

    with pytest.raises(EngineError, match="invalid value for parameter"):
        server.__enter__()

    assert not server.folder.exists()


def test_nothing_is_left_when_the_owner_is_killed(tmp_path: Path) -> None:
    script = (
        "import time\nfrom guidance.engines import PostgresServer\n"
        "server = PostgresServer()\nserver.start()\n"
        "print(server.url, server.folder, flush=True)\ntime.sleep(60)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    url, folder = owner.stdout.readline().split()
    assert answers(url)

    owner.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    owner.wait()
    owner.stdout.close()

    assert wait_until(lambda: not answers(url))
    assert wait_until(lambda: not Path(folder).exists())


def test_a_server_of_your_own_is_used_and_left_clean(postgres_url: str) -> None:
    with environment(DATABASE_URL=postgres_url), postgres() as url:
        assert url.startswith(postgres_url.rpartition("/")[0])
        assert answers(url)

    assert not answers(url)


def test_without_one_an_embedded_server_is_started() -> None:
    with environment(DATABASE_URL=None), postgres() as url:
        assert answers(url)

    assert not answers(url)
