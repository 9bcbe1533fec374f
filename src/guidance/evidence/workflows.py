"""Let GitHub's schema and zizmor read workflows, and note that they did."""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from guidance.evidence.claims import prove_file
from guidance.evidence.recorder import Level

BIN = Path(sys.executable).parent


def audit_workflows(paths: Iterable[Path]) -> dict[Path, set[str]]:
    """Return what zizmor finds in each workflow, after GitHub's schema has passed all.

    Raises:
        AssertionError: if the schema refuses one.
    """
    names = {str(path): path for path in paths}
    checked = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *names],
        capture_output=True,
        text=True,
        check=False,
    )
    if checked.returncode:
        raise AssertionError(checked.stdout)
    done = subprocess.run(
        [BIN / "zizmor", "--offline", "--no-progress", "--format", "json", *names],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[Path, set[str]] = {path: set() for path in names.values()}
    for finding in json.loads(done.stdout):
        where = finding["locations"][0]["symbolic"]["key"]["Local"]["verbatim_path"]
        found[names[where]].add(finding["ident"])
    return found


def prove_audited(path: Path) -> None:
    """Note that both tools read a workflow, and what pages show of it."""
    tools = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("check-jsonschema", "zizmor")
    )
    prove_file(path, Level.VALIDATED, tools)
