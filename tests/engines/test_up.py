"""`guidance engines up`: what to export, a status, and a clean end."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent there")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_interrupted(how: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "guidance.cli", "engines", "up"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    variables: dict[str, str] = {}
    while "RIVER_LEVELS_BUCKET" not in variables:
        line = process.stdout.readline()
        assert line, process.communicate()
        if match := re.fullmatch(r"export (\w+)='(.*)'\n", line):
            variables[match[1]] = match[2]

    with psycopg.connect(variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with urllib.request.urlopen(
        variables["RIVER_LEVELS_API_URL"] + "/id/stations", timeout=30
    ) as reply:
        assert reply.status == 200

    process.send_signal(how)
    _, said = process.communicate(timeout=120)

    assert process.returncode == 0
    assert "Paste the lines above" in said
    assert said.endswith("Nothing is left behind.\n")
    assert not list(tmp_path.glob("guidance-*"))
