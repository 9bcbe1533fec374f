"""Whether SQL for Redshift does what hurts there.

python redshift_policy.py tables.sql copy.sql merge.sql

Needs sqlfluff.
"""

# --8<-- [start:policy]
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlfluff
from sqlfluff.api.simple import APIParsingError


def parts(tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield every part of a parsed script: its kind, and what it holds."""
    for node in tree if isinstance(tree, list) else [tree]:
        if isinstance(node, dict):
            for kind, inner in node.items():
                yield kind, inner
                yield from parts(inner)


def faults_of(statement: Any) -> Iterator[str]:
    """Yield what is wrong with one statement: rule and harm."""
    found = list(parts(statement))
    kinds = {kind for kind, _ in found}
    words = [str(inner).upper() for kind, inner in found if kind == "keyword"]
    if {"insert_statement", "values_clause"} <= kinds:
        yield "RS-3 row by row: use COPY"
    if "copy_statement" in kinds:
        target = next(
            inner for kind, inner in found if kind == "table_reference"
        )
        if "MANIFEST" not in words:
            yield "RS-3 loads whatever begins like that: use a manifest"
        if any(kind == "dot" for kind, _ in parts(target)):
            yield "RS-3 doubles what is there: COPY into a staging table"
    if kinds & {"create_user_statement", "alter_user_statement"}:
        if "PASSWORD" in words and "DISABLE" not in words:
            yield "RS-7 has a password of its own"
    if "wildcard_expression" in kinds:
        yield "RS-9 reads every column"
    if "create_view_statement" in kinds and "BINDING" not in words:
        yield "RS-9 nobody can replace its tables"


def faults(sql: str) -> Iterator[str]:
    """Yield what is wrong with a script.

    Raises:
        APIParsingError: if it is not SQL for Redshift.
    """
    for kind, inner in parts(sqlfluff.parse(sql, dialect="redshift")):
        if kind == "statement":
            yield from faults_of(inner)


def main() -> int:
    """Print the faults of some files; 1 if there are any."""
    found: list[str] = []
    for name in sys.argv[1:]:
        try:
            script = Path(name).read_text("utf-8")
            found += [f"{name}: {fault}" for fault in faults(script)]
        except APIParsingError as error:
            found.append(f"{name}: {error}")
    print("\n".join(found) or "no fault")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
# --8<-- [end:policy]
