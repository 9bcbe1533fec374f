"""Runs a command with a limit and a log, and ends as the command ended.

    python run_task.py LOG SECONDS COMMAND…

Only when it went well does the dead man's switch (PING_URL) hear of it.
"""

# --8<-- [start:run]
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import requests

TOO_LONG = 124
NOT_FOUND = 127
PING_TIMEOUT_S = 10


def run(log: Path, limit_s: float, command: list[str]) -> int:
    """Run a command; return its exit code, or 124 or 127 as a shell does."""
    with log.open("ab", buffering=0) as out:
        try:
            code = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=limit_s,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            code = TOO_LONG
        except OSError as error:
            out.write(f"{error}\n".encode())
            code = NOT_FOUND
        now = datetime.now(UTC)
        out.write(f"{now:%FT%TZ} exit {code}: {command[0]}\n".encode())
    return code


def main(arguments: list[str]) -> int:
    """Run what the arguments say; return the command's exit code."""
    log, limit_s, *command = arguments
    code = run(Path(log), float(limit_s), command)
    if code == 0 and (url := os.environ.get("PING_URL")):
        try:
            requests.get(url, timeout=PING_TIMEOUT_S).raise_for_status()
        except requests.RequestException as error:
            print(f"the switch did not answer: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
# --8<-- [end:run]
