"""Front matter: what is wrong with it stops the build and says where and what to do."""

import datetime as dt
from pathlib import Path

import mkdocs.config
import pytest
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from mkdocs.structure.pages import Page
from mkdocs.utils.meta import get_data

from guidance.evidence.store import Evidence
from guidance.new import PAGE
from guidance.paths import DOCS, ROOT
from guidance.site import hooks, notebooks, pages
from guidance.site.blocks import BlockLabeller
from guidance.site.frontmatter import PAGE_OWNER, FrontMatterError, check
from guidance.site.values import read_local_values

WHOLE = """---
title: S3
description: How to read and write objects.
tier: core
tags: [boto3, 404]
owner: local:s3-owner
---

# S3
"""
FAULTS = {
    "none at all": ("# S3\n", "has no front matter: begin with a line ---, then title"),
    "never ended": ("---\ntitle: S3\n\n# S3\n", "has no front matter"),
    "fields without lines": ("title: S3\n\n# S3\n", "has no front matter"),
    "empty": ("---\n---\n# S3\n", "is no mapping: write `title: …`"),
    "a list": ("---\n- title\n---\n", "is no mapping: write `title: …`"),
    "broken": (
        WHOLE.replace("title: S3", "title: S3: read"),
        "a.md, line 2: the front matter is no YAML (mapping values are not allowed here): "
        "put a text that holds a colon",
    ),
    "broken further down": (
        WHOLE.replace("[boto3, 404]", "[boto3, 404"),
        "a.md, line 6: the front matter is no YAML",
    ),
    "no date": (
        WHOLE.replace("title: S3", "title: 2026-13-45"),
        "the front matter is no YAML (month must be in 1..12)",
    ),
    "no title": (WHOLE.replace("title: S3\n", ""), "a.md: title: write it"),
    "no description": (
        WHOLE.replace("description: How to read and write objects.\n", ""),
        "a.md: description: write it",
    ),
    "an empty title": (WHOLE.replace("title: S3", "title: ''"), "title: write something"),
    "a title that is none": (
        WHOLE.replace("title: S3", "title: 404"),
        "title: write text, in quotes if YAML takes it for something else",
    ),
    "a long description": (
        WHOLE.replace("objects", "objects " * 30),
        "description: shorten it to 200 characters",
    ),
    "no tier": (
        WHOLE.replace("tier: core\n", ""),
        "a.md: tier: write core, service or sensitive",
    ),
    "another tier": (
        WHOLE.replace("core", "gold"),
        "a.md: tier: write core, service or sensitive",
    ),
    "no tags": (WHOLE.replace("tags: [boto3, 404]\n", ""), "a.md: tags: write it"),
    "tags that are no list": (
        WHOLE.replace("[boto3, 404]", "boto3"),
        "tags: write a list, such as [retry, 429]",
    ),
    "a tag that YAML takes for another": (
        WHOLE.replace("404", "no"),
        "a.md: tags: YAML reads entry 2 as False: put it into quotes",
    ),
    "a person as owner": (
        WHOLE.replace("local:s3-owner", "Sam"),
        "a.md: owner: write local: and a key of local-values.yml",
    ),
    "a field that is misspelt": (
        WHOLE.replace("tags:", "tag:"),
        "a.md: tags: write it",
    ),
    "a field that is not known": (
        WHOLE.replace("tier:", "author: Sam\ntier:"),
        "a.md: author: it is not known: mend the spelling or drop it",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_remedy(fault: str) -> None:
    source, says = FAULTS[fault]

    with pytest.raises(FrontMatterError) as refused:
        check("a.md", source)

    assert says in str(refused.value)
    assert str(refused.value).startswith("a.md")
    assert "\n" not in str(refused.value)


def test_what_is_whole_is_read() -> None:
    front = check("a.md", WHOLE)

    assert (front.title, front.tier, front.tags) == ("S3", "core", ["boto3", 404])
    assert front.owner == "local:s3-owner"
    assert check("a.md", "\ufeff" + WHOLE.replace("\n", "\r\n")) == front


def test_the_owner_is_asked_for_where_a_page_names_none() -> None:
    assert check("a.md", WHOLE.replace("owner: local:s3-owner\n", "")).owner == PAGE_OWNER
    assert PAGE_OWNER.partition(":")[2] in read_local_values()


def test_a_page_with_a_template_of_its_own_needs_no_tier() -> None:
    home = WHOLE.replace("tier: core", "template: home.html")

    assert check("a.md", home).tier is None


def test_the_build_stops_where_mkdocs_prints_the_fault_as_text(tmp_path: Path) -> None:
    source, says = FAULTS["broken"]
    assert get_data(source)[1] == {}, "MkDocs has learnt to complain: is check() needed?"
    config = mkdocs.config.load_config(str(ROOT / "mkdocs.yml"))
    (tmp_path / "a.md").write_text(source, "utf-8")
    file = File("a.md", str(tmp_path), str(tmp_path), use_directory_urls=True)
    page = Page(None, file, config)

    with pytest.raises(PluginError) as refused:
        hooks.on_page_markdown("", page)

    assert says in str(refused.value)


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda p: p.stem)
def test_the_pages_are_whole(path: Path) -> None:
    front = check(path.name, path.read_text("utf-8"))

    assert len(front.description.split()) >= 5
    assert front.owner.partition(":")[2] in read_local_values()


def test_the_pages_that_the_build_writes_are_whole() -> None:
    empty = Evidence()
    written = [
        pages.verification(empty, [], {}, []),
        pages.rules_index(empty, [], {}),
        pages.local_values({}, {}, dt.date(2026, 11, 23)),
        *(
            notebooks.page_of(path, BlockLabeller(empty, {})).markdown
            for path in notebooks.notebook_paths()
        ),
        PAGE.format(path="a/b", title="B", prefix="BX", anchor="bx"),
    ]

    assert len({check("generated", text).title for text in written}) == len(written)
