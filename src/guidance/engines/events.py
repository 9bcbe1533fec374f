"""Who wants to know which engine was started, and in which version."""

import json
import os
from collections.abc import Callable
from pathlib import Path

type Listener = Callable[[str, str, str], None]

listeners: list[Listener] = []
"""Called with name, version and kind: ``database`` or ``aws emulator``."""


LOG = "GUIDANCE_ENGINE_LOG"
"""A file that processes without listeners, such as notebooks, write to."""


def announce(name: str, version: str, kind: str) -> None:
    """Tell every listener that an engine is in use."""
    for listener in listeners:
        listener(name, version, kind)
    if not listeners and (log := os.environ.get(LOG)):
        with open(log, "a", encoding="utf-8") as lines:
            lines.write(json.dumps([name, version, kind]) + "\n")


def announced_elsewhere(log: Path) -> list[tuple[str, str, str]]:
    """Return what other processes announced in ``log``, and empty it."""
    if not log.exists():
        return []
    lines = log.read_text("utf-8").splitlines()
    log.unlink()
    return [(name, version, kind) for name, version, kind in map(json.loads, lines)]
