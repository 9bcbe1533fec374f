"""``guidance new page``: begin a page with an example, a proof and a rule that work."""

import re
import sys
from pathlib import Path

from guidance.paths import ROOT

PATH = re.compile(r"[a-z]+/[a-z0-9]+(-[a-z0-9]+)*")

EXAMPLE = '''"""Example of docs/{path}.md: replace it by yours."""

# --8<-- [start:metres]
from decimal import Decimal


def metres(centimetres: int) -> Decimal:
    """Convert a length without rounding."""
    return Decimal(centimetres) / 100


# --8<-- [end:metres]
'''

TEST = '''"""Proofs of docs/{path}.md."""

from decimal import Decimal

import pytest

from guidance.evidence import load_example


@pytest.mark.rule("{prefix}-1")
def test_lengths_are_not_rounded() -> None:
    example = load_example("{path}/example.py")

    assert example.metres(43) == Decimal("0.43")
'''

PAGE = """---
title: {title}
description: {title} in one sentence, as the search result shows it.
tier: core
tags: []
---

# {title}

## In one minute

- What to do.
- Why.
- How it fails.

## Do this

```python
--8<-- "examples/{path}/example.py:metres"
```

## Rules

### {prefix}-1 Convert lengths without rounding {{ #{anchor}-1 .must .core }}

Say the reason, and how it goes wrong.

## Gotchas

What surprises people, with versions and dates where those matter.

## When to deviate

What must still hold, and that a deviation from a MUST needs a decision record.

## Check yourself

1. A question? *Its answer.*
"""


def new_page(path: str, title: str, root: Path = ROOT) -> int:
    """Write the three files of a page and put it into the navigation.

    Args:
        path: section and name, such as ``storage/file-formats``.
        title: as the page's heading.

    Returns:
        0, or 2 with one line on standard error if it cannot be done.
    """
    if not PATH.fullmatch(path):
        return _refuse(f"{path!r} is no page: write it like storage/file-formats")
    section, _, name = path.partition("/")
    files = {
        root / "docs" / f"{path}.md": PAGE,
        root / "examples" / path / "example.py": EXAMPLE,
        root / "tests" / section / f"test_{name.replace('-', '_')}.py": TEST,
    }
    for file in files:
        if file.exists():
            return _refuse(f"{file.relative_to(root).as_posix()} exists: edit that")
    config = root / "mkdocs.yml"
    nav = _with_page(config.read_text("utf-8"), section, path)
    prefix = "".join(part[0] for part in name.split("-")).upper() + "X"
    values = {"path": path, "title": title, "prefix": prefix, "anchor": prefix.lower()}
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(**values), encoding="utf-8", newline="\n")
        print(f"wrote {file.relative_to(root).as_posix()}")
    config.write_text(nav, encoding="utf-8", newline="\n")
    print(f"added {path}.md to mkdocs.yml")
    return 0


def _with_page(config: str, section: str, path: str) -> str:
    """Add a page at the end of its section; a new section goes before Reference."""
    lines = config.splitlines()
    entry = f"      - {path}.md"
    places = [n for n, line in enumerate(lines) if line.startswith(f"      - {section}/")]
    if places:
        lines.insert(places[-1] + 1, entry)
    else:
        reference = lines.index("  - Reference:")
        lines[reference:reference] = [f"  - {section.title()}:", entry]
    return "\n".join(lines) + "\n"


def _refuse(why: str) -> int:
    print(f"guidance: {why}", file=sys.stderr)
    return 2
