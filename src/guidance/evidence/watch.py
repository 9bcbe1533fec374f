"""Note the SQL and the dbt nodes that really reached PostgreSQL.

Nothing has to be claimed: :func:`install` listens where psycopg sends a statement
and where dbt returns its results, whoever called them.
"""

import functools
import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg

from guidance.evidence import regions
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import ROOT, relative

_DEFINED = re.compile(r"{%-?\s*(?P<kind>macro|test)\s+(?P<name>\w+)")
_GOOD = frozenset({"success", "pass", "warn", "no-op"})


def install() -> None:
    """Begin to listen, in this process."""
    psycopg.Cursor.execute = _listening(psycopg.Cursor.execute)  # type: ignore[method-assign]
    sys.meta_path.insert(0, _AfterImport("dbt.cli.main", _listen_to_dbt))


def _listen_to_dbt(module: Any) -> None:
    module.dbtRunner.invoke = _listening_to_dbt(module.dbtRunner.invoke)


class _AfterImport(MetaPathFinder):
    """Act on a module once it is imported: dbt takes seconds, so only if needed."""

    def __init__(self, name: str, action: Callable[[ModuleType], None]) -> None:
        self._name, self._action = name, action

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Let the others find the module, and add the action to its loader."""
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_act(module: ModuleType) -> None:
            execute(module)
            self._action(module)

        spec.loader.exec_module = execute_and_act  # type: ignore[method-assign]
        return spec


@functools.cache
def _shown() -> dict[str, dict[str, str]]:
    """Return the regions that pages show by file, each with the digest of its text.

    Read once: a dbt run names a hundred files, and there are two thousand regions.
    """
    found: dict[str, dict[str, str]] = {}
    for ref in regions.shown_refs():
        try:
            sha256 = regions.find(ref).sha256
        except (regions.RegionError, UnicodeDecodeError):
            continue  # the gate reports it, with the page
        found.setdefault(ref.partition(":")[0], {})[ref] = sha256
    return found


@functools.cache
def _shown_sql() -> dict[str, str]:
    """Return the SQL regions that pages show, by the digest of their text."""
    return {
        sha256: ref
        for file, shown in _shown().items()
        if file.endswith(".sql")
        for ref, sha256 in shown.items()
    }


def _listening(execute: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(execute)
    def listening(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        result = execute(self, query, *args, **kwargs)
        if RECORDER.current is not None and isinstance(query, str):
            sha256 = regions.digest(query)
            if ref := _shown_sql().get(sha256):
                RECORDER.proof(Proof(ref, sha256, Level.EXECUTED, "PostgreSQL"))
        return result

    return listening


def _listening_to_dbt(invoke: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(invoke)
    def listening(self: Any, args: list[str], **kwargs: Any) -> Any:
        outcome = invoke(self, args, **kwargs)
        if RECORDER.current is not None and "--project-dir" in args:
            project = Path(args[args.index("--project-dir") + 1]).resolve()
            if project.is_relative_to(ROOT):
                _note_nodes(project, getattr(outcome.result, "results", None) or [])
        return outcome

    return listening


def _note_nodes(project: Path, results: list[Any]) -> None:
    macros = _macro_files(project)
    good: dict[Path, set[str]] = {}
    bad: set[Path] = set()
    for result in results:
        node = result.node
        files = [project / node.original_file_path]
        depends = getattr(getattr(node, "depends_on", None), "macros", [])
        files += [macros[name] for m in depends if (name := m.split(".")[-1]) in macros]
        if patch := getattr(node, "patch_path", None):
            bad_patch = project / patch.split("://")[-1]
            files += [bad_patch] if not bad_patch.suffix == ".sql" else []
        form = _form(node)
        for file in files:
            if str(result.status) in _GOOD:
                good.setdefault(file, set()).add(form if file == files[0] else "")
            else:
                bad.add(file)
    good |= {
        project / name: {""}
        for name in ("dbt_project.yml", "profiles.yml")
        if good and (project / name).exists()
    }
    for file, forms in good.items():
        if file not in bad and file.is_file():
            for form in forms:
                _note_file(file, form)


def _form(node: Any) -> str:
    """Tell apart the forms of an incremental model."""
    code = getattr(node, "compiled_code", None) or ""
    if "is_incremental" not in (getattr(node, "raw_code", None) or ""):
        return ""
    own = f'"{node.schema}"."{node.alias or node.name}"'
    return "incremental" if own in code else "first"


def _note_file(file: Path, form: str) -> None:
    for ref, sha256 in _shown().get(relative(file), {}).items():
        RECORDER.proof(Proof(ref, sha256, Level.EXECUTED, "dbt", form))


@functools.cache
def _macro_files(project: Path) -> dict[str, Path]:
    """Return the file that defines each macro or generic test of a project."""
    found = {}
    for folder in ("macros", "tests/generic"):
        for path in (project / folder).glob("**/*.sql"):
            for match in _DEFINED.finditer(path.read_text("utf-8")):
                prefix = "test_" if match["kind"] == "test" else ""
                found[prefix + match["name"]] = path
    return found
