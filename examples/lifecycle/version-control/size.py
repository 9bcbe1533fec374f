"""How many lines a reviewer has to read: ``python size.py origin/main``."""

import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatch

MOST_LINES = 400
NOT_READ = ("*.lock", "*/fixtures/*", "*.ipynb", "*.svg")


def lines_to_read(numstat: str) -> int:
    """Add up what ``git diff --numstat`` tells, without what tools write."""
    total = 0
    for line in numstat.splitlines():
        added, removed, path = line.split("\t")
        if added == "-" or any(fnmatch(f"/{path}", p) for p in NOT_READ):
            continue  # "-" stands for a binary file
        total += int(added) + int(removed)
    return total


def main(arguments: Sequence[str]) -> int:
    """Return 1 if the branch has grown too long since it left the base."""
    (base,) = arguments
    done = subprocess.run(
        ["git", "diff", "--numstat", "--no-renames", f"{base}...HEAD"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    lines = lines_to_read(done.stdout)
    print(f"{lines} lines to read, {MOST_LINES} are enough")
    return 1 if lines > MOST_LINES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
