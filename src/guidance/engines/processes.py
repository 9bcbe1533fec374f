"""Small helpers for servers that must never outlive the run that started them."""

import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_GUARD = Path(__file__).with_name("guard.py")


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Guard:
    """A tiny process that cleans up if this one dies, even by SIGKILL.

    It holds the reading end of a pipe. When the pipe breaks because its owner has
    gone, it runs the command ``stop`` (a number: kills that process group) and removes
    ``folder``. :meth:`release` ends it after an orderly stop.
    """

    def __init__(self, stop: Sequence[str] | int, folder: Path) -> None:
        how = stop if isinstance(stop, int) else list(stop)
        order = json.dumps({"stop": how, "folder": str(folder)})
        # Not a `with` block: the guard has to outlive this call.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD), order],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder.parent,
            start_new_session=True,
        )

    def release(self) -> None:
        """Tell the guard that its ward has been stopped and cleaned up in order."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
