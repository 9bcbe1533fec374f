"""The regions of example files that pages show, exactly as they are shown.

A page includes a file, or a region of it, by a line such as
``--8<-- "examples/extraction/api/paging.py:fetch_all"``. Regions are marked in the
file by comments that hold ``--8<-- [start:name]`` and ``--8<-- [end:name]``.
"""

import ast
import hashlib
import io
import re
import textwrap
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from guidance.paths import DOCS, ROOT

INCLUDE = re.compile(r'^[ \t]*--8<-- "(?P<ref>[^"]+)"[ \t]*$', re.MULTILINE)
MARKER = re.compile(r"--8<-- \[(?P<kind>start|end):(?P<name>[a-z][-_0-9a-z]*)\]")
FORBIDDEN = re.compile(r"#\s*(pragma\b|noqa\b|type:\s*ignore)")

type Statement = ast.stmt


class RegionError(Exception):
    """A region that cannot be shown; says which, and how to mend it."""


def digest(text: str) -> str:
    """Return the SHA-256 of a text, blind to blank lines at its ends.

    Tabs count as the spaces that Markdown makes of them.
    """
    seen = text.strip("\n").expandtabs(4)
    return hashlib.sha256(seen.encode()).hexdigest()


@dataclass(frozen=True)
class Region:
    """A file, or a part of it, as a page shows it.

    Attributes:
        ref: ``path`` or ``path:name``, the path as seen from the repository.
        lines: first and last line in the file, counted from 1, markers excluded.
        text: as rendered: dedented, without markers, without blank ends.
    """

    ref: str
    path: Path
    lines: tuple[int, int]
    text: str

    @property
    def sha256(self) -> str:
        """Digest of the text as rendered."""
        return digest(self.text)

    @property
    def is_python(self) -> bool:
        """Whether coverage tells what of it ran."""
        return self.path.suffix == ".py"

    @property
    def is_counter_example(self) -> bool:
        """Whether it shows what goes wrong: it lies in a folder ``wrong``."""
        return "wrong" in self.path.parts


def find(ref: str, root: Path = ROOT) -> Region:
    """Find the region that ``ref`` names.

    Raises:
        RegionError: if the file or the region is missing or broken.
    """
    name, _, section = ref.partition(":")
    path = root / name
    if not path.is_file():
        raise RegionError(f"{ref}: there is no file {name}")
    lines = path.read_text("utf-8").splitlines()
    first, last = _bounds(ref, section, lines) if section else (1, len(lines))
    kept = [line for line in lines[first - 1 : last] if not MARKER.search(line)]
    text = textwrap.dedent("\n".join(kept)) if section else "\n".join(kept)
    return Region(ref, path, (first, last), text.strip("\n"))


def _bounds(ref: str, section: str, lines: list[str]) -> tuple[int, int]:
    found: dict[str, list[int]] = {"start": [], "end": []}
    for number, line in enumerate(lines, start=1):
        if (match := MARKER.search(line)) and match["name"] == section:
            found[match["kind"]].append(number)
    starts, ends = found["start"], found["end"]
    if len(starts) != 1 or len(ends) != 1 or starts[0] >= ends[0]:
        raise RegionError(
            f"{ref}: mark the region once, with [start:{section}] and [end:{section}]"
        )
    return starts[0] + 1, ends[0] - 1


def refs_in(path: Path, root: Path = ROOT) -> list[str]:
    """Return the refs of a file: itself, and each region that is marked in it."""
    name = path.relative_to(root).as_posix()
    markers = MARKER.finditer(path.read_text("utf-8"))
    return [name, *(f"{name}:{m['name']}" for m in markers if m["kind"] == "start")]


def included_refs(markdown: str) -> list[str]:
    """Return what a Markdown text includes, in order."""
    return [match["ref"] for match in INCLUDE.finditer(markdown)]


def shown_refs(docs: Path = DOCS) -> dict[str, list[str]]:
    """Return every ref that pages include, with the pages that do so."""
    pages: dict[str, list[str]] = {}
    for path in sorted(docs.rglob("*.md")):
        for ref in included_refs(path.read_text("utf-8")):
            pages.setdefault(ref, []).append(path.relative_to(docs).as_posix())
    return pages


class PythonRegion:
    """What has to run for a Python region to count as executed."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.source = region.path.read_text("utf-8")
        self.tree = ast.parse(self.source)

    def problem(self) -> str | None:
        """Return why the region cannot be proved, None if it can."""
        if found := self._forbidden():
            return f"holds `{found}`: show code that needs no exception"
        try:
            ast.parse(textwrap.dedent(self.region.text))
        except SyntaxError:
            return "cuts a statement: begin and end between statements"
        first, last = self.region.lines
        for statement in self._all(self.tree):
            start, end = extent(statement)
            overlaps = start <= last and end >= first
            inside = first <= start and end <= last
            if overlaps and not inside and not _holds(statement, first, last):
                return "cuts a statement: begin and end between statements"
        if not self.required:
            return "holds no executable statement: include code, not comments"
        return None

    def _forbidden(self) -> str | None:
        first, last = self.region.lines
        for token in tokenize.generate_tokens(io.StringIO(self.source).readline):
            if token.type == tokenize.COMMENT and first <= token.start[0] <= last:
                if FORBIDDEN.match(token.string):
                    return token.string
        return None

    @cached_property
    def required(self) -> list[tuple[tuple[int, int], bool]]:
        """The statements that must run: their lines, and whether in a call.

        Statements inside a function must be run by a test's call; the others run
        when the module is imported.
        """
        first, last = self.region.lines
        return [
            (lines, in_function)
            for lines, in_function in executable(self.tree)
            if first <= lines[0] and lines[1] <= last
        ]

    def _all(self, node: ast.AST) -> Iterator[ast.stmt]:
        return (child for child in ast.walk(node) if isinstance(child, ast.stmt))


def extent(statement: ast.stmt) -> tuple[int, int]:
    """Return the first and last line of a statement, decorators included."""
    decorators = getattr(statement, "decorator_list", [])
    start = min([statement.lineno, *(d.lineno for d in decorators)])
    return start, statement.end_lineno or statement.lineno


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        body = getattr(statement, name, None)
        if body and isinstance(body, list):
            yield body
    for part in getattr(statement, "handlers", []) + getattr(statement, "cases", []):
        yield part.body


def _holds(statement: ast.stmt, first: int, last: int) -> bool:
    """Whether the lines lie within one body of a compound statement."""
    for body in _bodies(statement):
        start, end = extent(body[0])[0], extent(body[-1])[1]
        if start <= last and end >= first:
            return extent(statement)[0] < first and last <= _end_of(statement)
    return False


def _end_of(statement: ast.stmt) -> int:
    return extent(statement)[1]


def executable(
    node: ast.AST, in_function: bool = False
) -> Iterator[tuple[tuple[int, int], bool]]:
    """Yield each executable statement's own lines, without those of its bodies.

    Not executable: docstrings, ``...``, and what stands under ``if TYPE_CHECKING``,
    which only a type checker reads.
    """
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield from executable(child, in_function)
            continue
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Global | ast.Nonlocal):
            continue
        start, end = extent(child)
        bodies = [body[0] for body in _bodies(child)]
        if bodies:
            end = max(start, min(extent(first)[0] for first in bodies) - 1)
        yield (start, end), in_function
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            continue
        enters = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from executable(child, in_function or enters)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.id if isinstance(test, ast.Name) else getattr(test, "attr", "")
    return name == "TYPE_CHECKING"


def imports(path: Path) -> set[str]:
    """Return the top-level packages that a Python file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
