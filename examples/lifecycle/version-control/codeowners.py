"""Who is asked for a review of a file, as GitHub reads CODEOWNERS."""

import re
from collections.abc import Iterable

MUST_HAVE_OWNERS = (
    ".github/workflows/deploy.yml",
    "dbt/models/marts/fct_readings.sql",
    "docs/dpia-screening.md",
    "infra/main.tf",
)
WILDCARDS = {
    "/**/": "/(?:.*/)?",
    "**": ".*",
    "*": "[^/]*",
    "?": "[^/]",
}


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern of CODEOWNERS names a path of the repository.

    As in .gitignore: a slash before the end ties it to the root, and a
    folder includes what is in it. Not as there: ``docs/*`` stops at the
    files of ``docs``; ``!`` and ``[…]`` mean nothing.
    """
    anchored = "/" in pattern[:-1]
    parts = re.split(r"(/\*\*/|\*\*|\*|\?)", "/" + pattern.strip("/"))
    body = "".join(WILDCARDS.get(part, re.escape(part)) for part in parts)
    if pattern.endswith("/"):
        tail = "/.*"
    elif pattern.endswith("/*"):
        tail = ""
    else:
        tail = "(?:/.*)?"
    start = "" if anchored else "(?:/.*)?"
    return re.fullmatch(start + body + tail, "/" + path) is not None


def owners_of(codeowners: str, path: str) -> list[str]:
    """Return the owners of a path: those of the last line that matches."""
    owners: list[str] = []
    for line in codeowners.splitlines():
        words = line.partition("#")[0].split()
        if words and matches(words[0], path):
            owners = words[1:]
    return owners


def faults(codeowners: str, general: str) -> Iterable[str]:
    """Yield each path that only the general owner looks at, or nobody."""
    for path in MUST_HAVE_OWNERS:
        if set(owners_of(codeowners, path)) <= {general}:
            yield f"{path} has no owners of its own"
