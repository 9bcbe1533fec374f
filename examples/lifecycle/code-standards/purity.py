"""Find what a pure module may not do: read, write, ask the clock, roll dice.

Run it in CI: ``python purity.py src/levels/daily_levels.py``.
"""

# --8<-- [start:purity]
import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

PURE = frozenset(
    "__future__ abc collections dataclasses datetime decimal enum fractions "
    "functools hashlib itertools json math operator re statistics string "
    "types typing unicodedata zoneinfo".split()
)
IMPURE = frozenset(
    "__import__ breakpoint eval exec globals input open print "
    "datetime.date.today datetime.datetime.now datetime.datetime.today "
    "datetime.datetime.utcnow".split()
)


def impurities(source: str, own: Sequence[str] = ()) -> list[str]:
    """Return what a transform may not use, as "line: what", in order.

    Only modules known to be pure may be imported: a new library is refused
    until somebody has thought about it.

    Args:
        own: modules of yours that are checked too, and may be imported.

    Raises:
        SyntaxError: if the source is no Python.
    """
    tree = ast.parse(source)
    names = dict(_imported(tree))
    found: set[tuple[int, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for module in _modules(node):
                if module not in own and module.partition(".")[0] not in PURE:
                    found.add((node.lineno, f"import {module}"))
        elif isinstance(node, ast.Name | ast.Attribute):
            if (used := _dotted(node, names)) in IMPURE:
                found.add((node.lineno, used))
    return [f"{line}: {what}" for line, what in sorted(found)]


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return ["." * node.level + (node.module or "")]


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each imported name with what it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                yield (
                    alias.asname or first,
                    alias.name if alias.asname else first,
                )
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield alias.asname or alias.name, name


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    """Return what a name or an attribute stands for, "" if nobody knows."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, names)
        return f"{before}.{node.attr}" if before else ""
    return ""


def main(files: Sequence[str]) -> int:
    """Check files; print what was found and return the exit code."""
    code = 0
    for file in files:
        for found in impurities(Path(file).read_text("utf-8")):
            print(f"{file}:{found}")
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
# --8<-- [end:purity]
