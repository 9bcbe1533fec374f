"""Accepts a branch by its first word."""


def branch_fault(name: str) -> str | None:
    """Return what is wrong with a branch's name, None if nothing is."""
    if name.startswith(("feature/", "bugfix/", "hotfix/", "task/")):
        return None
    return f"{name!r} has no prefix"
