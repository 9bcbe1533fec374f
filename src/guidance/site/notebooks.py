"""Notebooks as pages: the executed copy, cell by cell, with its evidence.

They become Markdown, so that links, search and the gate treat them as any other page.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from guidance.evidence.cells import cell_ref, rich_kind, texts_of
from guidance.paths import BUILD, NOTEBOOKS
from guidance.site.blocks import BlockLabeller
from guidance.site.pages import front_matter

EXECUTED = BUILD / "notebooks"
_STYLE = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL)


class NotebookError(Exception):
    """A notebook cannot be shown; says which cell, and why."""


@dataclass(frozen=True)
class NotebookPage:
    """A notebook as Markdown, and the pictures that it refers to."""

    name: str
    markdown: str
    pictures: dict[str, bytes]


def notebook_paths() -> list[Path]:
    """Return the notebooks, in order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def page_of(source: Path, labeller: BlockLabeller) -> NotebookPage:
    """Turn a notebook into a page: its own words, the cells of the executed copy if any.

    Raises:
        NotebookError: if a plot has no alternative text.
    """
    executed = EXECUTED / source.name
    written = nbformat.read(source, as_version=4)
    notebook = nbformat.read(executed, as_version=4) if executed.exists() else written
    name = source.stem
    parts: list[str] = [front_matter(written.metadata.get("guidance", {}))]
    pictures: dict[str, bytes] = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        ref = cell_ref(name, cell.id)
        parts.append(_fence("python", cell.source, labeller.label(ref, cell.source)))
        for number, text in texts_of(cell):
            out = cell_ref(name, cell.id, number)
            parts.append(_fence("text", text, labeller.label(out, text)))
        for output in cell.get("outputs", []):
            if shown := _picture_or_table(name, cell, output, pictures):
                parts.append(shown)
    return NotebookPage(name, "\n\n".join(parts) + "\n", pictures)


def _fence(language: str, text: str, title: str) -> str:
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f'{ticks}{language} title="{title}"\n{text}\n{ticks}'


def _picture_or_table(
    name: str, cell: Any, output: Any, pictures: dict[str, bytes]
) -> str | None:
    data = output.get("data", {})
    kind = rich_kind(data)
    if kind is None:
        return None
    if kind == "text/html":
        table = _STYLE.sub("", data[kind]).replace("\n", " ")
        return f'<div class="notebook-table">{table}</div>'
    alt = cell.metadata.get("alt")
    if not alt:
        raise NotebookError(
            f"notebooks/{name}.ipynb, cell {cell.id}: the plot has no alternative "
            'text: set "alt" in the metadata of its cell'
        )
    if kind == "image/png":
        body, ending = base64.b64decode(data[kind]), "png"
    else:
        body, ending = data[kind].encode(), "svg"
    file = f"{name}-{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
    pictures[file] = body
    return f"![{alt}]({file})"
