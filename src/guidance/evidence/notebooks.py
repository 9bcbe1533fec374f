"""Execute a notebook as its reader would, and note every cell that ran."""

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from guidance.engines import environment
from guidance.evidence import regions
from guidance.evidence.cells import cell_ref, texts_of
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import BUILD, NOTEBOOKS, ROOT

TIMEOUT_S = 180
HIDDEN = ("AWS_", "COVERAGE_", "DATABASE_URL", "RIVER_LEVELS_")
REFUSED_TAGS = frozenset({"skip-execution", "raises-exception"})
REFUSED_MAGICS = ("%%script", "%%skip", "%%false")


class NotebookRefused(AssertionError):
    """A notebook hides a cell from execution, or an error from the reader."""


def run_notebook(path: Path) -> Any:
    """Execute a notebook in a fresh kernel and return the executed copy.

    The copy becomes the page. Every cell must run, and none may fail.

    Raises:
        NotebookRefused: if a cell is marked so that it would not run, or may fail.
        nbclient.exceptions.CellExecutionError: if a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        _refuse_hidden(path, cell)
    hidden = (name for name in os.environ if name.startswith(HIDDEN))
    with environment(**dict.fromkeys(hidden)):  # a reader begins with none of them
        NotebookClient(
            notebook,
            timeout=TIMEOUT_S,
            coalesce_streams=True,  # else a slow machine splits one output into two
            kernel_name="python3",
            resources={"metadata": {"path": str(ROOT)}},
        ).execute()
    for cell in notebook.cells:
        _note(path.stem, cell)
    target = Path(os.environ.get("GUIDANCE_RUN_DIR", BUILD)) / "notebooks" / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    return notebook


def _refuse_hidden(path: Path, cell: Any) -> None:
    if cell.cell_type != "code":
        return
    where = f"{path.name}, cell {cell.id}"
    if tags := REFUSED_TAGS.intersection(cell.metadata.get("tags", [])):
        raise NotebookRefused(f"{where}: remove the tag {', '.join(tags)}")
    if cell.source.lstrip().startswith(REFUSED_MAGICS):
        raise NotebookRefused(f"{where}: remove {cell.source.split()[0]}: it hides code")
    if cell.outputs or cell.execution_count:
        raise NotebookRefused(f"{where}: store notebooks without outputs")


def _note(name: str, cell: Any) -> None:
    if cell.cell_type != "code":
        return
    if cell.execution_count is None:
        raise NotebookRefused(f"{name}.ipynb, cell {cell.id} never ran: give it code")
    texts = {cell_ref(name, cell.id): cell.source}
    texts |= {cell_ref(name, cell.id, number): text for number, text in texts_of(cell)}
    for ref, text in texts.items():
        proof = Proof(ref, regions.digest(text), Level.EXECUTED, "Jupyter")
        RECORDER.proof(proof)


def stored_notebooks() -> list[Path]:
    """Return the notebooks of the repository, in order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))
