"""Pages: the same skeleton everywhere, names that are defined, sane lengths."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from guidance.evidence import regions
from guidance.paths import DOCS, EXAMPLES, ROOT

SKELETON = [
    "In one minute",
    "Do this",
    "Rules",
    "Gotchas",
    "When to deviate",
    "Check yourself",
]
FLAGSHIPS = {
    "principles/idempotency.md",
    "principles/privacy.md",
    "extraction/api.md",
    "lifecycle/postgresql.md",
    "transformation/dbt.md",
    "lifecycle/airflow.md",
    "orchestration/airflow.md",
}
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
SUBJECTS = [
    page
    for page in PAGES
    if "/" in page
    and not page.endswith("index.md")
    and not page.startswith(("reference/", "notebooks/"))
]
FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,}).*?^\1\2[ \t]*$", re.DOTALL | re.MULTILINE)


def text_of(page: str) -> str:
    """Return a page without its front matter."""
    return (DOCS / page).read_text("utf-8").partition("\n---\n")[2]


def words_of(page: str) -> str:
    """Return the prose of a page."""
    return FENCE.sub("", text_of(page))


@pytest.mark.parametrize("page", SUBJECTS)
def test_a_page_has_the_skeleton(page: str) -> None:
    headings = re.findall(r"^## (.+)$", words_of(page), re.MULTILINE)

    assert [h for h in headings if h in SKELETON] == SKELETON
    minute = text_of(page).partition("## In one minute")[2].partition("## ")[0]
    assert len(re.findall(r"^- ", minute, re.MULTILINE)) == 3
    questions = text_of(page).partition("## Check yourself")[2]
    assert 1 <= len(re.findall(r"^\d\. ", questions, re.MULTILINE)) <= 3


@pytest.mark.parametrize("page", SUBJECTS)
def test_a_page_is_not_too_long(page: str) -> None:
    prose = re.sub(r"^\|.*\|$", "", words_of(page), flags=re.MULTILINE)
    limit = 2_500 if page in FLAGSHIPS else 1_500

    assert len(prose.split()) <= limit


@pytest.mark.parametrize("page", SUBJECTS)
def test_sentences_are_short(page: str) -> None:
    prose = re.sub(r"^(\||#|\s*\d\. ).*$", "", words_of(page), flags=re.MULTILINE)
    prose = re.sub(r"\[\[[^\]]*\]\]|`[^`]*`|\]\([^)]*\)", " x ", prose)
    sentences = re.split(r"(?<=[.?!:;])\s+|\n\s*\n|\n- ", prose)
    long = [s for s in sentences if len(s.split()) > 30]

    assert long == [], f"{len(long)} sentences of more than 30 words"


@pytest.mark.parametrize("page", [p for p in SUBJECTS if p.count("/") == 1])
def test_page_examples_and_proofs_have_the_same_path(page: str) -> None:
    stem = page.removesuffix(".md")
    section, _, name = stem.partition("/")

    assert (EXAMPLES / stem).is_dir()
    proofs = ROOT / "tests" / section / f"test_{name.replace('-', '_')}.py"
    assert proofs.is_file()


@pytest.mark.parametrize("page", SUBJECTS)
def test_every_name_is_defined_on_the_page(page: str, tmp_path: Path) -> None:
    blocks = [
        regions.find(ref).text
        for ref in regions.included_refs(text_of(page))
        if ref.partition(":")[0].endswith(".py")
    ]
    # A page may show a definition after its use, so each block sees all of them.
    definitions = "\n\n".join(blocks)
    file = tmp_path / "page.py"
    file.write_text(f"from __future__ import annotations\n\n{definitions}\n", "utf-8")
    arguments = ["--isolated", "--select", "F821", "--target-version", "py312"]

    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *arguments, "--quiet", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_every_page_is_in_the_navigation() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[2]

    assert [page for page in PAGES if page not in nav] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_no_machine(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")

    assert not re.search(r"/home/|/root/|C:\\Users|/work/|127\.0\.0\.1:\d{5}", text)
