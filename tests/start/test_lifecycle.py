"""Proofs of docs/start/lifecycle.md."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guidance.evidence import run_shell, twins
from guidance.evidence.shell import ShellError
from guidance.paths import DOCS, EXAMPLES, ROOT

HERE = "start/lifecycle"
PIPELINE = EXAMPLES / "river-levels-etl"
ROW = re.compile(r"^\| (\d+) \| (?P<made>.+?) \| `(?P<left>[^`]+)` \| .+ \|$", re.MULTILINE)
PAGES = {
    1: "lifecycle/project-structure.md",
    3: "lifecycle/terraform.md",
    5: "lifecycle/docker.md",
    8: "lifecycle/version-control.md",
    9: "lifecycle/ci-cd.md",
    10: "lifecycle/documentation.md",
}


def variables(repository: Path) -> dict[str, str]:
    """Return what makes a copy run as its own repository, in this environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "PYTHONPATH": str(repository / "src")}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of what a reader clones: the files that are in git, or will be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."],
        cwd=PIPELINE,
        capture_output=True,
        text=True,
        check=True,
    )
    folder = tmp_path / "examples" / "river-levels-etl"
    for name in filter(None, listed.stdout.split("\0")):
        if (PIPELINE / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PIPELINE / name, folder / name)
    shutil.copy(EXAMPLES / "ruff.toml", folder.parent)
    shutil.copy(ROOT / "pyproject.toml", folder.parent.parent)
    return folder


@pytest.mark.rule("LIF-1")
def test_the_reference_pipeline_passes_its_gates(repository: Path) -> None:
    shown = run_shell(f"examples/{HERE}/gates.sh", cwd=repository, env=variables(repository))

    assert "[100%]" in shown.stdout


@pytest.mark.rule("LIF-1")
def test_a_gate_says_no(repository: Path) -> None:
    planted = repository / "src" / "river_levels" / "windows.py"
    planted.write_text("import not_there\n" + planted.read_text("utf-8"), "utf-8")

    def stops_the_fault(name: str) -> None:
        passed = True
        try:
            ref = f"examples/{HERE}/{name}"
            run_shell(ref, cwd=repository, env=variables(repository))
        except ShellError as error:
            passed = "not_there" not in str(error)
        assert not passed, "passed with a fault in it"

    twins(
        stops_the_fault,
        good="gates.sh",
        bad="wrong/gates_without_teeth.sh",
        harm="passed with a fault in it",
    )


def test_every_step_is_there_and_linked_once_its_page_is() -> None:
    text = (DOCS / "start" / "lifecycle.md").read_text("utf-8")
    rows = {int(row[1]): row for row in ROW.finditer(text)}

    assert list(rows) == list(range(1, 11))
    for step, page in PAGES.items():
        if (DOCS / page).exists():
            assert f"(../{page})" in rows[step]["made"], f"link {page} in step {step}"
            assert (PIPELINE / rows[step]["left"]).exists(), rows[step]["left"]
