"""The recipes of CONTRIBUTING.md do what they say, in a copy of this repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from guidance.new import new_page
from guidance.paths import ROOT

FENCE = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def commands_under(heading: str) -> list[str]:
    """Return the commands of a section of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return "".join(FENCE.findall(section)).splitlines()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git knows, with the recipe of a new page carried out."""
    target = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    shim = target / "bin" / "uv"
    shim.parent.mkdir()
    # `uv run X` in this environment, but on the copy's own code.
    shim.write_text(f'#!/usr/bin/env bash\nshift\n"{bin_folder()}/$1" "${{@:2}}"\n')
    shim.chmod(0o755)
    return target


def bin_folder() -> str:
    """Where the programs of this environment are."""
    return Path(sys.executable).parent.as_posix()


def do(command: str, copy: Path) -> subprocess.CompletedProcess[str]:
    """Run one command of a recipe in the copy."""
    hidden = ("COVERAGE_", "GUIDANCE_", "PYTEST_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(hidden)}
    env |= {
        "PATH": f"{copy / 'bin'}{os.pathsep}{env['PATH']}",
        "PYTHONPATH": str(copy / "src"),
        "GUIDANCE_ROOT": str(copy),
        "NO_MKDOCS_2_WARNING": "1",
    }
    return subprocess.run(
        ["bash", "-c", command],
        cwd=copy,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("recipe", ["Add a page", "Add a snippet", "Add a rule"])
def test_a_recipe_works_as_it_stands(copy: Path, recipe: str) -> None:
    if recipe != "Add a page":
        do(commands_under("Add a page")[0], copy)  # the page that the others extend
    commands = commands_under(recipe)

    done = [do(command, copy) for command in commands]

    assert commands
    failed = [(d.args[-1], d.stdout[-2000:], d.stderr[-2000:]) for d in done]
    assert [d.returncode for d in done] == [0] * len(done), failed
    evidence = json.loads((copy / "build/evidence-partial.json").read_text("utf-8"))
    block = evidence["blocks"]["examples/storage/retention/example.py:metres"]
    assert block["level"] == "executed"
    assert "RX-1" in evidence["rules"]


def test_a_page_is_not_begun_twice_nor_anywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mkdocs.yml").write_text("nav:\n  - Reference:\n      - a.md\n")

    assert new_page("storage/retention", "Retention", tmp_path) == 0
    assert new_page("storage/retention", "Retention", tmp_path) == 2
    assert new_page("Retention", "Retention", tmp_path) == 2

    said = capsys.readouterr().err.splitlines()
    assert said[0].endswith("docs/storage/retention.md exists: edit that")
    assert "'Retention' is no page: write it like storage/file-formats" in said[1]
    nav = (tmp_path / "mkdocs.yml").read_text("utf-8")
    assert nav.index("storage/retention.md") < nav.index("Reference")
