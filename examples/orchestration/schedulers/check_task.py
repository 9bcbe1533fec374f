"""What is wrong with a task of the Windows Task Scheduler, as exported XML.

python check_task.py task.xml…
"""

# --8<-- [start:check]
import re
import sys
from datetime import datetime, time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
CHANGE = (time(0, 30), time(3, 30))
"""Where the clocks change: local times that may not exist, or come twice."""

SECRET = re.compile(r"(password|passwd|pwd|token|secret|key)\s*[=: ]", re.I)
LIMIT = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
LONGEST_HOURS = 12

SETTINGS = {
    "MultipleInstancesPolicy": ("IgnoreNew", "a second run beside the first"),
    "StartWhenAvailable": ("true", "a run missed while it was off is lost"),
    "DisallowStartIfOnBatteries": ("false", "on battery it does not start"),
    "StopIfGoingOnBatteries": ("false", "a power cut stops it half-way"),
}


def faults(document: str) -> list[str]:
    """Return what is wrong with a task, a line each.

    Args:
        document: the XML, from your own repository.

    Raises:
        ValueError: if it is no task.
    """
    if "<!DOCTYPE" in document:
        raise ValueError("a task has no DOCTYPE: what is this file?")
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(["start"])
    parser.feed(document)
    parser.close()
    events: list[Any] = list(parser.read_events())
    task: ET.Element = events[0][1]
    if task.tag != f"{{{NAMESPACE}}}Task":
        raise ValueError("this is no task of the Task Scheduler")
    return [
        *settings(task),
        *principal(task),
        *(fault for action in every(task, "Exec") for fault in runs(action)),
        *(
            fault
            for start in every(task, "StartBoundary")
            for fault in starts(start.text or "")
        ),
    ]


def every(element: ET.Element, name: str) -> list[ET.Element]:
    """Return the elements of a name, at any depth."""
    return element.findall(f".//{{{NAMESPACE}}}{name}")


def text(element: ET.Element, name: str) -> str:
    """Return the text of the first element of a name, or nothing."""
    return next((found.text or "" for found in every(element, name)), "")


def settings(task: ET.Element) -> list[str]:
    """Return what is wrong with the settings."""
    found = [
        f"{name} is not {wanted}: {harm}"
        for name, (wanted, harm) in SETTINGS.items()
        if text(task, name) != wanted
    ]
    limit = LIMIT.fullmatch(text(task, "ExecutionTimeLimit"))
    hours, minutes, seconds = (
        (int(n or 0) for n in limit.groups()) if limit else (0, 0, 0)
    )
    allowed_s = hours * 3600 + minutes * 60 + seconds
    if not 0 < allowed_s <= LONGEST_HOURS * 3600:
        found.append("ExecutionTimeLimit: a run that hangs is never stopped")
    return found


def principal(task: ET.Element) -> list[str]:
    """Return what is wrong with who it runs as."""
    found = []
    if not text(task, "UserId").endswith("$"):
        found.append("UserId: a person, who leaves or changes the password")
    if text(task, "LogonType") != "Password":
        found.append("LogonType: runs only while that user is signed in")
    if text(task, "RunLevel") == "HighestAvailable":
        found.append("RunLevel: runs with an administrator's rights")
    return found


def runs(action: ET.Element) -> list[str]:
    """Return what is wrong with what it runs."""
    found = []
    if not re.match(r"[A-Za-z]:\\", text(action, "Command")):
        found.append("Command: no full path, so PATH decides what runs")
    if not re.match(r"[A-Za-z]:\\", text(action, "WorkingDirectory")):
        found.append("WorkingDirectory: starts in C:\\Windows\\System32")
    if SECRET.search(text(action, "Arguments")):
        found.append("Arguments: holds a secret, and so does git now")
    return found


def starts(boundary: str) -> list[str]:
    """Return what is wrong with when it starts."""
    when = datetime.fromisoformat(boundary)
    found = []
    if when.tzinfo is None and CHANGE[0] <= when.time() < CHANGE[1]:
        found.append(
            f"{when:%H:%M}: does not exist, or comes twice, in two nights"
        )
    if when.minute == 0:
        found.append(f"{when:%H:%M}: the minute in which everybody starts")
    return found


def read(path: Path) -> str:
    """Return the text of a task: Windows exports UTF-16, git prefers UTF-8."""
    found = path.read_bytes()
    is_utf16 = found.startswith((b"\xff\xfe", b"\xfe\xff"))
    return found.decode("utf-16" if is_utf16 else "utf-8-sig")


def main(paths: list[str]) -> int:
    """Print the faults of each file; return 1 if there is one."""
    found = [
        f"{path}: {fault}"
        for path in paths
        for fault in faults(read(Path(path)))
    ]
    print(*found, sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
# --8<-- [end:check]
