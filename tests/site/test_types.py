"""Examples are typed as strictly as the tool that tests them."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from guidance.paths import EXAMPLES, ROOT

FOLDERS: dict[Path, list[Path]] = defaultdict(list)
for _path in sorted(EXAMPLES.rglob("*.py")):
    if "river-levels-etl" not in _path.parts:
        FOLDERS[_path.parent].append(_path)


@pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda path: path.relative_to(EXAMPLES).as_posix()
)
def test_the_examples_of_a_page_are_typed(folder: Path) -> None:
    # Their folders have names with hyphens: each is checked from inside.
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--no-error-summary"),
            *("--config-file", str(ROOT / "pyproject.toml")),
            *("--cache-dir", str(ROOT / ".mypy_cache")),
            *(path.name for path in FOLDERS[folder]),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
