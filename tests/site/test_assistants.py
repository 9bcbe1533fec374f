"""What assistants read is what people read: the same pages, code and links."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from markdown.extensions.toc import slugify
from mkdocs.config import load_config
from mkdocs.structure.files import get_files
from mkdocs.structure.nav import get_navigation
from selectolax.lexbor import LexborHTMLParser

from guidance.evidence import regions
from guidance.evidence.store import Block, Evidence, RuleProof
from guidance.paths import DOCS, NOTEBOOKS, ROOT
from guidance.site.assistants import Assistants
from guidance.site.blocks import LABELS, BlockLabeller
from guidance.site.diagrams import Diagram, Diagrams
from guidance.site.plain import Plain
from guidance.site.rules import rules_of

FENCE = re.compile(
    r"(?P<claim>[^\n]*)\n\n?(?P<indent>[ ]*)(?P<ticks>`{3,})(?P<language>\w*)[^\n]*\n"
    r"(?P<code>.*?)\n?(?P=indent)(?P=ticks)\n",
    re.DOTALL,
)
CLAIM = re.compile(
    r"[ ]*(?P<wrong>\*\*What goes wrong; do not copy\.\*\* )?(?P<claim>[A-Z][^(]*) "
    r"\(\[(?P<path>[^\]]+)\]\((?P<way>[^)]+)\)(?:, region (?P<region>[a-z][-\w]*))?\):"
)
LINK = re.compile(r"\]\(([^)\s]+)[^)\n]*\)")
LEFT = re.compile(
    r"--8<--|\[\[|\0|(?:block|diagram)[0-9a-f]{16}|^ *(?:\?{3}|!{3}|={3})|^#.*\{ \.|"
    r"</?(?:div|section|span|mark|strong|a)\b",
    re.MULTILINE,
)


def nav_of(items: list[object]) -> Iterator[tuple[str, str]]:
    """Yield the pages of the navigation in order, each with the title of its section."""
    for item in items:
        assert isinstance(item, dict), item
        for title, value in item.items():
            pages = [value] if isinstance(value, str) else value
            yield from ((page, title) for page in pages)


CONFIG = load_config(str(ROOT / "mkdocs.yml"))
NAV = dict(nav_of(CONFIG.nav or []))


def twin_of(page: str) -> str:
    """Return where the twin of a page is: ``a/b.md`` has ``a/b/index.md``."""
    return page if page.endswith("index.md") else page.removesuffix(".md") + "/index.md"


def prose_of(text: str) -> str:
    """Return a twin without its code."""
    return re.sub(r"`[^`\n]+`", "", FENCE.sub("", text))


@dataclass(frozen=True)
class Shown:
    """A block of a twin, and what stands above it."""

    claim: re.Match[str]
    code: str

    @property
    def ref(self) -> str:
        """What it says that it shows."""
        region = self.claim["region"]
        return self.claim["path"] + (f":{region}" if region else "")


def blocks_of(text: str) -> list[Shown]:
    """Return the blocks of a twin, without their indentation."""
    found = []
    for match in FENCE.finditer(text):
        claim = CLAIM.fullmatch(match["claim"])
        assert claim, f"no claim above {match['code'][:60]!r}: {match['claim']!r}"
        lines = match["code"].split("\n")
        found.append(Shown(claim, "\n".join(ln.removeprefix(match["indent"]) for ln in lines)))
    return found


# --- the built site ----------------------------------------------------------------


@pytest.fixture(scope="module")
def twins(built_site: Path) -> dict[str, str]:
    """The twins of the built site by their path, sources left out."""
    found = built_site.rglob("index.md")
    names = (path.relative_to(built_site).as_posix() for path in found)
    return {
        name: (built_site / name).read_text("utf-8")
        for name in names
        if not name.startswith("source/")
    }


@pytest.fixture(scope="module")
def whole(built_site: Path) -> str:
    """All pages in one file."""
    return (built_site / "llms-full.txt").read_text("utf-8")


def test_each_page_of_the_navigation_has_a_twin(
    built_site: Path, twins: dict[str, str]
) -> None:
    assert twins.keys() == {twin_of(page) for page in NAV}
    assert len(twins) > 15
    for name, text in twins.items():
        html = (built_site / name).with_suffix(".html").read_text("utf-8")
        links = LexborHTMLParser(html).css('head link[rel~="alternate"]')
        assert [link.attributes["href"] for link in links] == ["index.md"], name
        assert re.match(r"# .+\n\n> .+\n\n\[This page for people\]\(\./\)\n\n", text), name
    assert "text/markdown" not in (built_site / "404.html").read_text("utf-8")


def test_the_list_is_the_navigation(built_site: Path, twins: dict[str, str]) -> None:
    text = (built_site / "llms.txt").read_text("utf-8")

    listed: dict[str, str] = {}
    section = ""
    for line in text.splitlines():
        if found := re.match(r"## (.+)", line):
            section = found[1]
        elif found := re.match(r"- \[.+\]\((?P<way>[^)]+)\): (?P<about>.+)", line):
            listed[found["way"]] = section
            assert f"\n> {found['about']}\n" in twins[found["way"]]
    assert list(listed.items()) == [(twin_of(page), title) for page, title in NAV.items()]
    assert text.startswith(f"# {CONFIG.site_name}\n\n> {CONFIG.site_description}\n\n")
    assert "never copy it" in text


def test_the_whole_is_the_twins(built_site: Path, twins: dict[str, str], whole: str) -> None:
    place = 0
    for page in NAV:
        heading = twins[twin_of(page)].partition("\n\n[This page")[0]
        assert heading in whole[place:], page
        place = whole.index(heading, place)
    assert whole.count("[This page for people](") == len(NAV)
    sizes = [len(text.encode()) for text in twins.values()]
    print(
        f"\nassistants: {len(sizes)} twins of {sum(sizes) / 1000:.0f} kB, the largest "
        f"{max(sizes) / 1000:.0f} kB; llms-full.txt {len(whole.encode()) / 1000:.0f} kB, "
        f"llms.txt {(built_site / 'llms.txt').stat().st_size / 1000:.1f} kB"
    )


def test_nothing_is_left_that_only_mkdocs_knows(twins: dict[str, str], whole: str) -> None:
    for name, text in (twins | {"llms-full.txt": whole}).items():
        assert LEFT.findall(prose_of(text)) == [], name
        assert not re.search(r"--8<--|\[\[(?:local|fact|diagram):", text), name


def test_code_is_what_the_page_includes(twins: dict[str, str], whole: str) -> None:
    in_whole = {(block.ref, block.code) for block in blocks_of(whole)}
    for page in (DOCS / page for page in NAV if (DOCS / page).is_file()):
        name = page.relative_to(DOCS).as_posix()
        blocks = blocks_of(twins[twin_of(name)])
        refs = regions.included_refs(page.read_text("utf-8"))
        assert [block.ref for block in blocks] == refs, name
        for block in blocks:
            assert block.code == regions.find(block.ref).text, block.ref
            assert block.claim["claim"].startswith(tuple(LABELS.values())), block.ref
            assert bool(block.claim["wrong"]) == ("/wrong/" in block.ref)
            assert (block.ref, block.code) in in_whole


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_code_is_what_the_notebook_holds(path: Path, twins: dict[str, str]) -> None:
    text = twins[f"notebooks/{path.stem}/index.md"]
    cells = nbformat.read(path, as_version=4).cells  # type: ignore[no-untyped-call]
    code = {block.code for block in blocks_of(text)}

    assert [c.source for c in cells if c.cell_type == "code" and c.source not in code] == []
    assert [
        c.id
        for c in cells
        if c.cell_type == "markdown" and "](" not in c.source and c.source not in text
    ] == []


def test_links_lead_somewhere(built_site: Path, twins: dict[str, str], whole: str) -> None:
    files = twins | {
        "llms-full.txt": whole,
        "llms.txt": (built_site / "llms.txt").read_text("utf-8"),
    }
    anchors = {name: anchors_of(text) for name, text in files.items()}
    broken, seen = [], 0
    for name, text in files.items():
        for target in LINK.findall(prose_of(text)):
            if target.startswith(("https://", "http://")):
                continue
            seen += 1
            path, _, anchor = target.partition("#")
            goal = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            goal = goal if path else name
            file = built_site / goal
            file = file / "index.html" if path.endswith("/") else file
            if not file.is_file() or (anchor and anchor not in anchors[goal]):
                broken.append(f"{name}: {target}")
    assert broken == []
    assert seen > 500


def anchors_of(text: str) -> set[str]:
    """Return the anchors that a page with these headings has."""
    given = set(re.findall(r"\{ #([a-z0-9-]+) \}", text))
    headings = re.findall(r"^#+ (.+)$", prose_of(text), re.MULTILINE)
    return given | {slugify(re.sub(r"[`*]", "", heading), "-") for heading in headings}


# --- planted pages -----------------------------------------------------------------

PAGE = '''\
<div class="cards" markdown>

## Heading

Read [the other](other.md#rule "why"), ![a plot](plot.png), [this](#heading),
[elsewhere](https://example.org/a.md) and `[[ -f a.md ]]`, ask
<mark class="local-unset">ask your line manager: who&#x27;s who</mark>.

</div>

BLOCK

### XX-1 Do it { #xx-1 .must .core }

Why. <span class="fact">(<a href="https://example.org/">source</a>, checked 1 May 2026)</span>

### A part { #part .narrow }

??? example "A box"

    Text, then tabs.

    === "One"

        ```python title="TITLE-0"
        --8<-- "examples/principles/idempotency/wrong/append.py"
        ```

    Still in the box.

Out of it.

- In a list:

  ~~~python title="TITLE-1"
  one = """
  ```
  """


  two = 2
  ~~~

<div class="notebook-table"><table><thead><tr><th></th><th>a|b</th></tr></thead>\
<tbody><tr><th>0</th><td>1</td></tr></tbody></table></div>
'''

PLAIN = '''\
## Heading

Read [the other](<other.md#rule> "why"), ![a plot](<plot.png>), [this](<#heading>),
[elsewhere](https://example.org/a.md) and `[[ -f a.md ]]`, ask
[not known here; ask your line manager: who's who].

*Diagram: A drawing*

### XX-1 Do it { #xx-1 }

*MUST, core: proved by tests/a.py::test_b.*

Why. ([source](https://example.org/), checked 1 May 2026)

### A part { #part }

**A box**

Text, then tabs.

**One**

**What goes wrong; do not copy.** Executed on PostgreSQL 18.4 \
([examples/principles/idempotency/wrong/append.py](source:examples/principles/idempotency/\
wrong/append.py)):

```python
CODE
```

Still in the box.

Out of it.

- In a list:

  Not run on this machine ([notebooks/n.ipynb](source:notebooks/n.ipynb)):

  ````python
  one = """
  ```
  """


  two = 2
  ````

|  | a\\|b |
| --- | --- |
| 0 | 1 |
'''


def test_a_page_becomes_plain() -> None:
    wrong = "examples/principles/idempotency/wrong/append.py"
    code = regions.find(wrong).text
    block = Block(regions.digest(code), "executed", ["PostgreSQL 18.4"])
    proofs = [RuleProof(f"tests/a.py::test_b[{n}]", [], has_twins=False) for n in "12"]
    evidence = Evidence(blocks={wrong: block}, rules={"XX-1": proofs})
    labeller, diagrams = BlockLabeller(evidence, {}), Diagrams()
    titles = [labeller.label(wrong, code), labeller.label("notebooks/n.ipynb#c", "two = 2")]
    diagrams.shown.append(Diagram("examples/a.mmd", "A drawing", (), "<svg/>"))
    text = PAGE.replace("BLOCK", f"{diagrams.nonce}-0")
    for number, title in enumerate(titles):
        text = text.replace(f"TITLE-{number}", title)

    plain = Plain(labeller, diagrams, rules_of("a.md", PAGE), evidence)
    found = plain.markdown(text, "<{}>".format, "source:{}".format)

    assert found == PLAIN.replace("CODE", code)


@pytest.mark.parametrize(
    ("site_url", "root"),
    [(None, ""), ("https://site.example/guide/", "https://site.example/guide/")],
)
def test_links_know_where_the_site_is(site_url: str | None, root: str, tmp_path: Path) -> None:
    pages = {
        "index.md": "[b](a/b.md)",
        "a/b.md": "# B\n\n[home](../index.md#x) [x](#x)",
    }
    (tmp_path / "docs/a").mkdir(parents=True)
    for name, text in pages.items():
        (tmp_path / "docs" / name).write_text(text, "utf-8")
    (tmp_path / "mkdocs.yml").write_text("site_name: Site\n", "utf-8")
    config = load_config(
        str(tmp_path / "mkdocs.yml"),
        site_url=site_url,
        site_description="About it",
        site_dir=str(tmp_path / "site"),
        nav=[{"Home": "index.md"}, {"Part": [{"Deep": [{"B": "a/b.md"}]}]}],
    )
    files = get_files(config)
    nav = get_navigation(files, config)
    for page in nav.pages:
        name = page.file.src_uri
        page.markdown = pages[name]
        page.meta = {"title": f"Title of {name}", "description": f"Page {name}"}

    plain = Plain(BlockLabeller(Evidence(), {}), Diagrams(), [], Evidence())
    Assistants(nav, files, plain).write(config)

    site = tmp_path / "site"
    assert (site / "a/b/index.md").read_text("utf-8") == (
        "# B\n\n> Page a/b.md\n\n[This page for people](./)\n\n"
        "[home](../../index.md#x) [x](#x)\n"
    )
    assert (site / "index.md").read_text("utf-8") == (
        "# Title of index.md\n\n> Page index.md\n\n[This page for people](./)\n\n"
        "[b](a/b/index.md)\n"
    )
    assert (
        (site / "llms.txt")
        .read_text("utf-8")
        .endswith(
            f"[llms-full.txt]({root}llms-full.txt)\n"
            f"\n## Home\n\n- [Home]({root}index.md): Page index.md\n"
            f"\n## Part\n\n- [B]({root}a/b/index.md): Page a/b.md\n"
        )
    )
    whole = (site / "llms-full.txt").read_text("utf-8")
    assert f"[This page for people]({root or './'})" in whole
    assert f"[This page for people]({root}a/b/)" in whole
    assert f"[home]({root}index.md#x) [x]({root}a/b/index.md#x)" in whole
