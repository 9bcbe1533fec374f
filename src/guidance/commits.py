"""Refuse a commit message that is no Conventional Commit.

The check is the one that the handbook tells teams to copy.
"""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

from guidance.paths import EXAMPLES

_CONVENTIONS = EXAMPLES / "lifecycle" / "version-control" / "conventions.py"

#: What is wrong with a commit message, None if nothing is.
fault: Callable[[str], str | None] = runpy.run_path(str(_CONVENTIONS))["commit_fault"]


if __name__ == "__main__":
    found = fault(Path(sys.argv[1]).read_text("utf-8"))
    if found:
        sys.exit(f"commit: {found}")
