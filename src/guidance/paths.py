"""Where things are in this repository."""

import os
from pathlib import Path

ROOT = Path(os.environ.get("GUIDANCE_ROOT", Path(__file__).parents[2]))
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
NOTEBOOKS = ROOT / "notebooks"
BUILD = ROOT / "build"
RUNS = BUILD / "runs"


def relative(path: Path) -> str:
    """Return a path as seen from the repository, with forward slashes."""
    return path.resolve().relative_to(ROOT.resolve()).as_posix()
