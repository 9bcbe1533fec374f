"""Run commands under a wrapper script of a page, as a host does, and know what ran."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guidance.evidence import regions
from guidance.evidence.claims import prove
from guidance.evidence.recorder import Level
from guidance.evidence.shell import never_ran
from guidance.paths import ROOT

BEGIN_S = 30.0
END_S = 60.0
_TRACER = """
exec 7>> "$1"
BASH_XTRACEFD=7
PS4='+\t$LINENO\t'
script=$2
shift 2
set -o xtrace
source "$script" "$@"
"""


class Host:
    """Runs commands under a wrapper, and knows which of its lines ran.

    Args:
        folder: what the wrapper keeps its lock and its log in.
        wrappers: the folder of the wrappers, as seen from the repository.
        ping_url: the dead man's switch.
    """

    def __init__(self, folder: Path, wrappers: str, ping_url: str) -> None:
        self.folder = folder
        self.trace = folder / "trace"
        self._wrappers = wrappers
        self.variables = os.environ | {
            "STATE_DIRECTORY": str(folder),
            "PING_URL": ping_url,
            "LIMIT": "20s",
        }

    def start(self, wrapper: str, *command: str, **variables: str) -> "subprocess.Popen[str]":
        """Start a command."""
        given = [str(self.trace), str(ROOT / self._wrappers / wrapper), *command]
        return subprocess.Popen(
            ["bash", "-c", _TRACER, "bash", *given],
            cwd=self.folder,
            env=self.variables | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, wrapper: str, *command: str, **variables: str) -> int:
        """Run one; return how it ended."""
        process = self.start(wrapper, *command, **variables)
        process.communicate(timeout=END_S)
        return process.returncode

    @contextmanager
    def going_on(self, wrapper: str) -> Iterator[None]:
        """Run one that goes on until the end of the block, and then ends well."""
        ready, go = self.folder / "ready", self.folder / "go"
        ready.unlink(missing_ok=True)
        go.unlink(missing_ok=True)
        loop = f"touch {ready}; until [ -e {go} ]; do sleep 0.05; done"
        process = self.start(wrapper, "sh", "-c", loop)
        deadline = time.monotonic() + BEGIN_S
        try:
            while not ready.exists():
                if time.monotonic() > deadline:
                    raise AssertionError("it did not begin in time")
                time.sleep(0.02)
            yield
        finally:
            go.touch()
            process.communicate(timeout=END_S)
        if process.returncode:
            raise AssertionError(f"it ended with {process.returncode}")

    def proves(self, wrapper: str) -> None:
        """Note that every command of a wrapper ran.

        Raises:
            AssertionError: if one did not.
        """
        ref = f"{self._wrappers}/{wrapper}"
        trace = self.trace.read_text("utf-8", errors="replace")
        if missing := never_ran(regions.find(ref).text, trace):
            raise AssertionError(f"{wrapper}: these never ran: {missing}")
        prove(ref, Level.EXECUTED, "bash")
