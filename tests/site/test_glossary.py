"""Every acronym that a page uses is explained in the glossary."""

import re

import pytest

from guidance.paths import DOCS

FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,}).*?^\1\2[ \t]*$", re.DOTALL | re.MULTILINE)
NOISE = re.compile(r"`[^`]*`|\[\[[^\]]*\]\]|\]\([^)]*\)|\{[^}]*\}|https?://\S+")
ACRONYM = re.compile(r"\b[A-Z][A-Z0-9]+s?\b")
RULE_ID = re.compile(r"\b[A-Z][A-Z0-9]*-\d+\b")
NOT_ACRONYMS = {"MUST", "SHOULD", "MAY", "README", "GB", "KB", "MB", "SENSITIVE"}
NOT_ACRONYMS |= {"CONFLICT", "DELETE", "DROP", "MERGE", "ON", "VACUUM"}  # words of SQL
GLOSSARY = (DOCS / "reference/glossary.md").read_text("utf-8")
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def acronyms_of(page: str) -> set[str]:
    """Return the acronyms in the prose of a page."""
    text = (DOCS / page).read_text("utf-8").partition("\n---\n")[2]
    prose = RULE_ID.sub("", NOISE.sub("", FENCE.sub("", text)))
    return {found.removesuffix("s") for found in ACRONYM.findall(prose)} - NOT_ACRONYMS


def explained() -> set[str]:
    """Return the terms of the glossary."""
    terms = re.findall(r"^(.+)\n:   ", GLOSSARY, re.MULTILINE)
    return {word for term in terms for word in re.split(r", | \(|\)", term)}


@pytest.mark.parametrize("page", PAGES)
def test_the_acronyms_of_a_page_are_explained(page: str) -> None:
    assert acronyms_of(page) - explained() == set()


def test_the_terms_are_in_order_and_single() -> None:
    terms = re.findall(r"^(.+)\n:   ", GLOSSARY, re.MULTILINE)

    assert terms == sorted(terms, key=str.lower)
    assert len(terms) == len(set(terms)) > 40
