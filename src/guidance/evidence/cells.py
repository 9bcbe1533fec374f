"""The cells of notebooks: what names them, and which outputs are shown as text."""

import re
from collections.abc import Iterator
from typing import Any

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def cell_ref(name: str, cell_id: str, output: int | None = None) -> str:
    """Return the ref of a cell's code, or of one of its outputs."""
    tail = "" if output is None else f"/out{output}"
    return f"notebooks/{name}.ipynb#{cell_id}{tail}"


def texts_of(cell: Any) -> Iterator[tuple[int, str]]:
    """Yield the outputs of a cell that are shown as text, with their numbers."""
    for number, output in enumerate(cell.get("outputs", [])):
        if output.output_type == "stream":
            yield number, _ANSI.sub("", output.text).strip("\n")
        elif output.output_type in {"execute_result", "display_data"}:
            if "text/plain" in output.data and not rich_kind(output.data):
                yield number, output.data["text/plain"].strip("\n")


def rich_kind(data: dict[str, Any]) -> str | None:
    """Return the kind of an output that is shown as a picture or a table."""
    kinds = ("image/svg+xml", "image/png", "text/html")
    return next((kind for kind in kinds if kind in data), None)
