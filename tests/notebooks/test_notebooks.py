"""Every notebook runs from top to bottom; its executed copy becomes the page."""

from pathlib import Path

import pytest

from guidance.evidence import run_notebook
from guidance.evidence.notebooks import stored_notebooks


@pytest.mark.parametrize("path", stored_notebooks(), ids=lambda path: path.stem)
def test_every_cell_runs(path: Path) -> None:
    executed = run_notebook(path)

    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in code]
    assert counts == list(range(1, len(code) + 1))
