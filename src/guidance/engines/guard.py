"""Run a stop command and remove a folder once the parent process has gone.

Started by :class:`guidance.engines.processes.Guard`; standard library only, since it
runs with ``-I -S``. Its one argument is JSON: ``{"stop": [...], "folder": "..."}``;
instead of a command, ``stop`` may be the id of a process group to kill.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time


def main() -> None:
    """Wait for the end of the parent, then clean up after it."""
    order = json.loads(sys.argv[1])
    sys.stdin.buffer.read()  # returns when the parent's end of the pipe closes
    try:
        stop(order["stop"])
    except (OSError, subprocess.TimeoutExpired):
        pass  # the folder still has to go
    for _ in range(50):  # Windows releases files a moment after the process ends
        shutil.rmtree(order["folder"], ignore_errors=True)
        time.sleep(0.1)
        try:
            with open(order["folder"]):
                pass
        except FileNotFoundError:
            return
        except OSError:
            continue


def stop(how: list[str] | int) -> None:
    """Run a command, or kill a process group."""
    if isinstance(how, int) and sys.platform == "win32":
        how = ["taskkill", "/F", "/T", "/PID", str(how)]
    if isinstance(how, int):
        os.killpg(how, signal.SIGKILL)
    else:
        subprocess.run(how, capture_output=True, timeout=30, check=False)


if __name__ == "__main__":
    main()
