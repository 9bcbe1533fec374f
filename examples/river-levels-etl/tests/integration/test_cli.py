"""The command line: one clear line and an exit code for every failure."""

import socket
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import responses

from river_levels import cli
from river_levels.cli import main
from river_levels.pipeline import Pipeline

RUN = ["run", "--window-start", "2026-03-29", "--window-end", "2026-03-30"]


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port on which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        yield taken.getsockname()[1]


def one_line(captured: pytest.CaptureFixture[str]) -> str:
    """Return the message, which has to be a single line."""
    lines = [
        line
        for line in captured.readouterr().err.splitlines()
        if not line.startswith("{")
    ]
    assert len(lines) == 1, lines
    assert lines[0].startswith("river-levels: ")
    return lines[0]


def test_each_command_does_its_part(
    variables: None,
    source: responses.RequestsMock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    window = RUN[1:]
    commands = [
        ["extract", *window],
        ["load", *window],
        ["transform"],
        ["serve"],
        ["migrate"],
        ["run", *window, "--overlap-hours", "1"],
        ["backfill", *window, "--step-days", "1"],
        ["backfill", *window],
    ]

    codes = [main(command) for command in commands]

    said = capsys.readouterr().out.splitlines()
    assert codes == [0] * len(commands)
    assert said[0].startswith("extract [2026-03-29T00:00:00Z, 2026-03-30T")
    assert "3 objects, raw/flood_monitoring/_manifests/" in said[0]
    assert said[1].endswith(
        "read 9 = kept 4 + quarantined 5; inserted 3, corrected 0, unchanged 0"
    )
    assert said[2].startswith("transform: ")
    assert said[3] == "serve: export new"
    assert said[4] == "migrate: the tables are up to date"
    assert said[5].startswith("run [2026-03-28T23:00:00Z, 2026-03-30T")
    assert said[5].endswith("inserted 1, corrected 0, unchanged 3; export new")
    assert "done before" in said[6]
    assert "done before" in said[7]


def test_the_source_is_down(
    variables: None,
    nobody: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    database_url: str,
) -> None:
    monkeypatch.setenv("RIVER_LEVELS_API_URL", f"http://127.0.0.1:{nobody}")

    assert main(RUN) == 3

    assert "ConnectionError - nothing was loaded; run" in one_line(capsys)
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT count(*) FROM raw.readings")
        assert found.fetchone() == (0,)


def test_a_source_that_fails_half_way_leaves_nothing_half_done(
    variables: None,
    source: responses.RequestsMock,
    capsys: pytest.CaptureFixture[str],
    database_url: str,
    settings: Any,
) -> None:
    gauge = f"{settings.api_url}/id/stations/G2TH/readings"
    source.replace("GET", gauge, status=500)
    assert main(RUN) == 3
    assert "HTTP 500" in one_line(capsys)

    source.replace("GET", gauge, json={"items": []})
    assert main(RUN) == 0

    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT count(*) FROM raw.readings")
        assert found.fetchone() == (3,)
        states = connection.execute("SELECT status FROM ops.runs ORDER BY 1")
        assert states.fetchall() == [("failed",), ("succeeded",)]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("RIVER_LEVELS_BUCKET", "not-there-at-all", "404 - create the bucket"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:{nobody}", "check the network"),
        ("AWS_PROFILE", "nobody", "set AWS_PROFILE and AWS_REGION"),
    ],
)
def test_storage_is_out_of_reach(
    variables: None,
    nobody: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    says: str,
) -> None:
    monkeypatch.setenv(name, value.format(nobody=nobody))
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)

    assert main(RUN) == 4

    assert says in one_line(capsys)


def test_there_are_no_aws_credentials(
    variables: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Any,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    assert main(RUN) == 4

    assert "no AWS credentials - run `aws sso login`" in one_line(capsys)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("port", "check DATABASE_URL and that the server runs"),
        ("password", "password authentication failed"),
        ("database", 'database "nowhere" does not exist'),
    ],
)
def test_the_database_is_out_of_reach(
    variables: None,
    database_url: str,
    nobody: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: str,
    says: str,
) -> None:
    start, _, name = database_url.rpartition("/")
    user, _, host = start.rpartition("@")
    urls = {
        "port": f"{user}@127.0.0.1:{nobody}/{name}",
        "password": f"postgresql://postgres:wrong@{host}/{name}",
        "database": f"{start}/nowhere",
    }
    monkeypatch.setenv("DATABASE_URL", urls[change])

    assert main(RUN) == 5

    assert says in one_line(capsys)


def test_the_user_may_not_make_tables(
    variables: None,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = database_url.rpartition("/")[2]
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name}_guest LOGIN PASSWORD 'guest'")
    host = database_url.rpartition("@")[2]
    url = f"postgresql://{name}_guest:guest@{host}"
    monkeypatch.setenv("DATABASE_URL", url)

    assert main(["migrate"]) == 5

    message = one_line(capsys)
    assert "permission denied for database" in message
    assert "grant it to the user in DATABASE_URL" in message
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE {name}_guest")


def test_a_setting_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DATABASE_URL", "RIVER_LEVELS_BUCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RIVER_LEVELS_API_URL", "http://127.0.0.1:1")

    assert main(RUN) == 2

    message = one_line(capsys)
    assert "RIVER_LEVELS_BUCKET is not set" in message
    assert "DATABASE_URL is not set" in message


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run"],
        [*RUN, "--overlap-hours", "-1"],
        [*RUN, "--overlap-hours", "many"],
        ["backfill", *RUN[1:], "--step-days", "0"],
    ],
)
def test_wrong_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)

    assert refused.value.code == 2
    assert "usage: river-levels" in capsys.readouterr().err


def test_the_help_lists_the_exit_codes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    assert "6  too much of the data is bad" in capsys.readouterr().out


def test_an_interrupted_run_says_so(
    variables: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(self: Pipeline) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.Pipeline, "prepare", interrupted)

    assert main(["migrate"]) == 130
    assert "interrupted; run again" in one_line(capsys)


def test_dbt_or_its_project_is_missing(
    variables: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Any,
) -> None:
    monkeypatch.setenv("RIVER_LEVELS_DBT_PROJECT_DIR", str(tmp_path))
    assert main(["transform"]) == 2
    assert "there is no dbt project in" in one_line(capsys)

    monkeypatch.setitem(sys.modules, "dbt.cli.main", None)
    assert main(["transform"]) == 2
    assert "install river-levels-etl[dbt]" in one_line(capsys)


def test_the_demo_needs_the_engines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "guidance", None)

    assert main(["demo"]) == 2

    assert "run `uv run river-levels demo` there" in one_line(capsys)
