"""Accepts whatever begins with a word that Conventional Commits know."""

import re


def commit_fault(message: str) -> str | None:
    """Return what is wrong with a commit message, None if nothing is."""
    if re.match(r"feat|fix|docs|chore|refactor|test", message):
        return None
    return f"{message!r} is no Conventional Commit"
