"""Refuse a branch name, a commit message or a pull request title.

python conventions.py branch feature/AB-123-longer-lookback
python conventions.py title "[AB-123] feat: look back three days" 57
python conventions.py commit .git/COMMIT_EDITMSG
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

TICKET = r"[A-Z][A-Z0-9]+-\d+"
BRANCH = re.compile(
    rf"(feature|bugfix|hotfix|task)/({TICKET}-)?[a-z0-9]+(-[a-z0-9]+)*"
)
BRANCH_OF_A_BOT = re.compile(r"dependabot/\S+")
SUMMARY = re.compile(
    r"(build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)"
    r"(\([a-z0-9-]+\))?!?: \S.*[^.\s]"
)
BY_GIT = re.compile(r'Merge .+|Revert ".+|(fixup|squash|amend)! .+')
LONGEST = 72  # what `git log --oneline` and GitHub show without a cut


def branch_fault(name: str) -> str | None:
    """Return what is wrong with a branch's name, None if nothing is."""
    if name == "main" or BRANCH_OF_A_BOT.fullmatch(name):
        return None
    if BRANCH.fullmatch(name):
        return None
    return (
        f"{name!r}: write feature/, bugfix/, hotfix/ or task/, a ticket if "
        "there is one, and lower-case words: feature/AB-123-longer-lookback"
    )


def commit_fault(message: str) -> str | None:
    """Return what is wrong with a commit message, None if nothing is."""
    subject = message.partition("\n")[0].rstrip("\r")
    if BY_GIT.fullmatch(subject):
        return None
    if not SUMMARY.fullmatch(subject):
        return (
            f"{subject!r} is no Conventional Commit: write `type(scope): "
            "summary` without a full stop: `fix(load): keep the newer value`"
        )
    if len(subject) > LONGEST:
        return f"the subject has {len(subject)} characters, {LONGEST} fit"
    return None


def title_fault(title: str, number: int) -> str | None:
    """Return what is wrong with the title of a pull request.

    Squash and merge makes it the subject of one commit on main, and GitHub
    adds the number of the pull request.
    """
    if BY_GIT.fullmatch(title):
        return None
    summary = re.sub(rf"^\[{TICKET}\] ", "", title)
    if fault := commit_fault(summary):
        return fault
    squashed = len(f"{title} (#{number})")
    if squashed > LONGEST:
        return (
            f"with (#{number}) the subject on main would have {squashed} "
            f"characters, {LONGEST} fit"
        )
    return None


def main(arguments: Sequence[str]) -> int:
    """Check one of the three; return 0, 1 for a fault, 2 for misuse."""
    match arguments:
        case ["branch", name]:
            fault = branch_fault(name)
        case ["title", title, number] if number.isdecimal():
            fault = title_fault(title, int(number))
        case ["commit", file]:
            fault = commit_fault(Path(file).read_text("utf-8"))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    if fault:
        print(f"conventions: {fault}", file=sys.stderr)
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
