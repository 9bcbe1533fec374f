"""Proofs of docs/start/first-day.md."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guidance.commits import fault
from guidance.engines import environment
from guidance.evidence import assert_output, run_shell, twins
from guidance.paths import EXAMPLES

HERE = "start/first-day"
PIPELINE = EXAMPLES / "river-levels-etl"


def git(folder: Path, *arguments: str) -> str:
    """Run git and return what it prints."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Path]:
    """A repository on a server of sorts, and git with the settings of a newcomer."""
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[user]\nname = Sam Example\nemail = sam.example@council.gov.uk\n"
        "[init]\ndefaultBranch = main\n",
        "utf-8",
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    hidden = dict.fromkeys(n for n in os.environ if n.startswith("GIT_"))
    with environment(**hidden), environment(GIT_CONFIG_GLOBAL=str(settings), PATH=path):
        first = tmp_path / "first"
        for name in ("pyproject.toml", "src", "tests"):
            source, target = PIPELINE / name, first / name
            if source.is_dir():
                skipped = shutil.ignore_patterns("__pycache__", "integration", ".*")
                shutil.copytree(source, target, ignore=skipped)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        (first / "glossary.md").write_text("# Glossary\n", "utf-8")
        git(first.parent, "init", "--quiet", str(first))
        git(first, "add", "--all")
        git(first, "commit", "--quiet", "--message", "feat: begin")
        bare = tmp_path / "server.git"
        git(tmp_path, "clone", "--quiet", "--bare", str(first), str(bare))
        yield bare


def cloned(remote: Path, into: Path) -> Path:
    """Clone as the page says; return the clone."""
    into.mkdir()
    run_shell(
        f"examples/{HERE}/clone.sh",
        cwd=into,
        env={"GUIDANCE_REPOSITORY": remote.as_uri()},
    )
    return into / "guidance"


def test_a_fault_is_seen_and_mended(remote: Path, tmp_path: Path) -> None:
    clone = cloned(remote, tmp_path / "day")
    here = {"PYTHONPATH": str(clone / "src"), "COLUMNS": "79"}

    broken = run_shell(f"examples/{HERE}/break_it.sh", cwd=clone, env=here, exit_code=1)
    mended = run_shell(f"examples/{HERE}/mend_it.sh", cwd=clone, env=here)

    assert "FAILED tests/unit/test_windows.py" in broken.stdout
    assert mended.stdout == ""
    seconds = r"\d+\.\d+s"
    assert_output(f"examples/{HERE}/break_it.out", broken.stdout, volatile=[seconds])


def test_a_first_change_waits_for_a_review(remote: Path, tmp_path: Path) -> None:
    before = git(remote, "rev-parse", "main")

    def leaves_main_alone(name: str) -> None:
        clone = cloned(remote, tmp_path / Path(name).stem)
        (clone / "glossary.md").write_text("# Glossary\n\nflood area\n", "utf-8")
        run_shell(f"examples/{HERE}/{name}", cwd=clone)
        assert git(remote, "rev-parse", "main") == before, "main changed unread"

    twins(
        leaves_main_alone,
        good="first_change.sh",
        bad="wrong/straight_to_main.sh",
        harm="main changed unread",
    )
    branch = "task/AB-123-explain-flood-area"
    assert fault(git(remote, "log", "-1", "--format=%s", branch)) is None
    assert git(remote, "log", "-1", "--format=%ae", branch).endswith(".gov.uk")
