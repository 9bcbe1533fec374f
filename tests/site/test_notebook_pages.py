"""Notebooks become pages with their outputs, and new pages begin complete."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import nbformat
import pytest

from guidance.evidence import regions
from guidance.evidence.store import Block, Evidence
from guidance.new import new_page
from guidance.site import notebooks
from guidance.site.blocks import BlockLabeller
from guidance.site.waivers import WaiverError, read_waivers

PNG = b"a picture"
SVG = "<svg/>"


def output(**data: object) -> Any:
    """Return an output with something to show."""
    given = {"output_type": "display_data", "data": data, "metadata": {}}
    return nbformat.NotebookNode(given)


def book(path: Path, *outputs: Any, alt: str = "") -> None:
    """Write a notebook of words and one cell."""
    written = nbformat.v4.new_notebook()
    written.metadata["guidance"] = {"title": "N"}
    cell = nbformat.v4.new_code_cell("print('```')", id="one")
    cell.outputs = list(outputs)
    if alt:
        cell.metadata["alt"] = alt
    written.cells = [nbformat.v4.new_markdown_cell("# Words"), cell]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(written, path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a notebook that was not executed."""
    monkeypatch.setattr(notebooks, "EXECUTED", tmp_path / "executed")
    book(tmp_path / "n.ipynb")
    return tmp_path


def test_a_notebook_that_did_not_run_shows_its_code(folder: Path) -> None:
    labeller = BlockLabeller(Evidence(), {})

    page = notebooks.page_of(folder / "n.ipynb", labeller)

    assert (page.name, page.pictures) == ("n", {})
    assert "title: N" in page.markdown
    assert f"# Words\n\n````python title=\"{labeller.nonce}-0\"\nprint('```')\n````" in (
        page.markdown
    )
    assert [(s.ref, s.level) for s in labeller.titles] == [
        ("notebooks/n.ipynb#one", "unproved")
    ]


def test_the_executed_copy_brings_texts_tables_and_plots(folder: Path) -> None:
    stream = nbformat.NotebookNode({"output_type": "stream", "name": "stdout", "text": "3\n"})
    table = output(**{"text/html": "<style>x</style><table>\n</table>", "text/plain": "t"})
    png = output(**{"image/png": base64.b64encode(PNG).decode(), "text/plain": "p"})
    svg = output(**{"image/svg+xml": SVG, "text/plain": "s"})
    book(folder / "executed/n.ipynb", stream, table, png, svg, output(), alt="Levels")
    ref = "notebooks/n.ipynb#one/out0"
    evidence = Evidence(blocks={ref: Block(regions.digest("3"), "executed")})
    labeller = BlockLabeller(evidence, {})

    page = notebooks.page_of(folder / "n.ipynb", labeller)

    names = [
        f"n-{hashlib.sha256(PNG).hexdigest()[:12]}.png",
        f"n-{hashlib.sha256(SVG.encode()).hexdigest()[:12]}.svg",
    ]
    assert page.pictures == {names[0]: PNG, names[1]: SVG.encode()}
    for part in (
        f'```text title="{labeller.nonce}-1"\n3\n```',
        '<div class="notebook-table"><table> </table></div>',
        *(f"![Levels]({name})" for name in names),
    ):
        assert part in page.markdown
    assert [(s.ref, s.level) for s in labeller.titles][1:] == [(ref, "executed")]


def test_a_plot_without_words_is_refused(folder: Path) -> None:
    book(folder / "executed/n.ipynb", output(**{"image/svg+xml": SVG}))

    with pytest.raises(notebooks.NotebookError, match="cell one: the plot has no alternative"):
        notebooks.page_of(folder / "n.ipynb", BlockLabeller(Evidence(), {}))


def test_the_notebooks_are_found_in_order() -> None:
    assert notebooks.notebook_paths() == sorted(notebooks.notebook_paths()) != []


# --- new pages --------------------------------------------------------------------------

NAV = "nav:\n  - index.md\n  - Storage:\n      - storage/s3.md\n  - Reference:\n      - r.md\n"


@pytest.mark.parametrize(
    ("path", "nav"),
    [
        ("storage/old-files", "      - storage/s3.md\n      - storage/old-files.md\n  - Ref"),
        ("fresh/old-files", "  - Fresh:\n      - fresh/old-files.md\n  - Reference:\n"),
    ],
)
def test_a_new_page_is_complete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, nav: str
) -> None:
    (tmp_path / "mkdocs.yml").write_text(NAV, "utf-8")

    assert new_page(path, "Old files", tmp_path) == 0

    section = path.partition("/")[0]
    made = [
        f"docs/{path}.md",
        f"examples/{path}/example.py",
        f"tests/{section}/test_old_files.py",
    ]
    assert nav in (tmp_path / "mkdocs.yml").read_text("utf-8")
    assert capsys.readouterr().out.splitlines() == [
        *(f"wrote {name}" for name in made),
        f"added {path}.md to mkdocs.yml",
    ]
    assert "### OFX-1 " in (tmp_path / made[0]).read_text("utf-8")
    assert '"OFX-1"' in (tmp_path / made[2]).read_text("utf-8")
    assert new_page(path, "Old files", tmp_path) == 2
    assert f"docs/{path}.md exists: edit that" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["storage", "Storage/a", "storage/a_b", "a/b/c", "../a"])
def test_a_page_needs_a_section_and_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    assert new_page(path, "T", tmp_path) == 2

    assert capsys.readouterr().err == (
        f"guidance: {path!r} is no page: write it like storage/file-formats\n"
    )


# --- waivers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {ref: a, reason: b, owner: c}", "lacks expires"),
        ("- {ref: a, reason: b, owner: c, expires: soon}", "a: expires is no date"),
    ],
)
def test_a_waiver_says_everything(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "w.yml").write_text(text, "utf-8")

    with pytest.raises(WaiverError, match=says):
        read_waivers(tmp_path / "w.yml")


def test_no_waivers_are_none(tmp_path: Path) -> None:
    (tmp_path / "w.yml").write_text("", "utf-8")

    assert read_waivers(tmp_path / "w.yml") == {}
