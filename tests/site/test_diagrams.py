"""Diagrams: drawn from their sources, true, readable, and the same in words."""

import importlib.metadata
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from selectolax.lexbor import LexborHTMLParser

from guidance.cli import main
from guidance.evidence.store import Evidence
from guidance.paths import DOCS, EXAMPLES, ROOT
from guidance.site import diagrams
from guidance.site.diagrams import DiagramError, Diagrams, read, signed, sources
from guidance.site.gate import Gate
from river_levels import http
from river_levels.pipeline import Pipeline

SOURCE = """flowchart TB
    accTitle: What happens to an object
    accDescr: A new object is deleted after a year.
    new[(new object)] -->|after a year| gone(deleted):::bad
"""
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" role="img">\
<title id="diagram-ages-title">What happens to an object</title>
<desc id="diagram-ages-desc">A new object is deleted after a year.</desc>
<g class="node"><rect x="0" y="0" width="9" height="9"/>\
<text y="-10.1"><tspan x="0">new object</tspan></text></g></svg>
"""
WORDS = '??? note "The same in words"\n\n    After a year, a new object is deleted.\n'
PAGE = f"Objects age.\n\n[[diagram:ages]]\n\n{WORDS}\nMore.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The examples of a page ``storage/retention.md`` in an empty repository."""
    monkeypatch.setattr("guidance.paths.ROOT", tmp_path)
    found = tmp_path / "examples/storage/retention"
    found.mkdir(parents=True)
    return found


def shown(folder: Path, page: str, source: str = SOURCE, svg: str = SVG) -> str:
    """Return the HTML of a page whose diagram is this."""
    (folder / "ages.mmd").write_text(source, "utf-8")
    (folder / "ages.svg").write_text(signed(source, svg), "utf-8")
    placed = Diagrams(folder.parents[1])
    markdown = placed.markdown("storage/retention.md", page)
    return placed.html(re.sub(rf"^{placed.nonce}.*$", r"<p>\g<0></p>", markdown, flags=re.M))


def test_a_page_shows_the_drawing(folder: Path) -> None:
    html = shown(folder, PAGE)

    assert "[[diagram" not in html
    assert SVG.strip() in html
    assert 'data-diagram="examples/storage/retention/ages.mmd"' in html
    assert 'aria-label="Diagram: What happens to an object"' in html


UNTITLED = SOURCE.replace("    accTitle: What happens to an object\n", "")
UNDESCRIBED = SOURCE.replace("    accDescr: A new object is deleted after a year.\n", "")
LONG = "a" * 61


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"source": UNTITLED}, "ages.mmd has no title: write `accTitle: What it shows`"),
        ({"source": UNDESCRIBED}, "has no description: write `accDescr: What happens`"),
        ({"source": SOURCE.replace("an object", "  ")}, "is drawn without its title"),
        ({"svg": SVG.replace("desc>", "g>")}, "is drawn without its title or description"),
        ({"page": "[[diagram:ages]]\n"}, "has no text alternative: write ??? note"),
        ({"page": f"[[diagram:ages]]\n\nThen:\n\n{WORDS}"}, "has no text alternative"),
        ({"page": f"[[diagram:ages]]\n\n{WORDS[:34]}\n    \n"}, "has no text alternative"),
        ({"page": PAGE.replace("a new object", "it")}, "does not mention 'object' of the"),
        ({"page": PAGE.replace("[[", "See [[")}, "must stand on a line of its own"),
        ({"page": PAGE.replace("ages]]", "Ages]]")}, "its name may hold small letters"),
        ({"page": PAGE + PAGE}, "shows the diagram ages twice: once is enough"),
        ({"page": PAGE.replace("ages", "other")}, "there is no examples/storage/retention/o"),
        ({"page": f"```mermaid\n{SOURCE}```\n"}, "a mermaid fence is typed by hand: put it"),
        ({"page": f"> ~~~ Mermaid\n> {SOURCE}> ~~~\n"}, "fence is typed by hand"),
        ({"svg": SVG.replace("<rect", "<script>0</script><rect")}, "is drawn with <script>"),
        ({"svg": SVG + "<p>SELECT 1</p>"}, "is drawn with <p>: run `uv run --group diagr"),
        ({"svg": SVG.replace("<rect", "<rect style='a:b'")}, "is drawn with style=: run"),
        ({"svg": SVG.replace("<rect", "<rect onclick='a'")}, "is drawn with onclick="),
        ({"svg": SVG.replace("new object", LONG)}, "is too long: 60 characters at most"),
        (
            {"svg": SVG.replace("new object", "a = 1")},
            "the label 'a = 1' holds =: write words",
        ),
        ({"svg": SVG.replace("<tspan", "a = 1<tspan")}, "holds =: write words"),
        ({"svg": SVG.replace("<text", "<text></text>" * 40 + "<text")}, "has 41 labels: 40"),
    ],
)
def test_a_fault_stops_the_build_with_one_line(
    folder: Path, change: dict[str, str], says: str
) -> None:
    with pytest.raises(DiagramError) as raised:
        shown(folder, **{"page": PAGE} | change)

    message = str(raised.value)
    assert says in message
    assert message.startswith("storage/retention.md: ")
    assert "\n" not in message


@pytest.mark.parametrize("what", ["source", "options", "renderer", "drawing"])
def test_a_drawing_of_something_else_stops_the_build(
    folder: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    shown(folder, PAGE)
    if what == "source":
        (folder / "ages.mmd").write_text(SOURCE + "    gone --> new\n", "utf-8")
    elif what == "options":
        monkeypatch.setitem(diagrams.OPTIONS, "look", "neo")
    elif what == "renderer":
        monkeypatch.setattr(diagrams, "RENDERER", "99")
    else:
        (folder / "ages.svg").unlink()

    with pytest.raises(DiagramError, match="has changed since it was drawn: run `uv run"):
        read(folder / "ages.mmd")


# --- the gate ---------------------------------------------------------------------


def verdict(tmp_path: Path, body: str) -> list[str]:
    """Return what the gate says of a site of one page."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/page.html").write_text(f"<body>{body}</body>", "utf-8")
    gate = Gate(Evidence(), [], {}, date(2026, 11, 23), minimum_blocks=0)
    return [str(problem) for problem in gate.problems(tmp_path / "site")]


def test_the_gate_accepts_a_drawing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guidance.site.diagrams.EXAMPLES", tmp_path / "examples")

    assert verdict(tmp_path, shown(folder, PAGE)) == []


CODE = "<svg><text><tspan>import os</tspan></text></svg>"
FIGURE = '<figure data-diagram="examples/storage/retention/ages.mmd">{}</figure>'


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (CODE, "shows 'import os' in an SVG typed by hand: put it into a .mmd file"),
        ("<svg><foreignObject>import os</foreignObject></svg>", "typed by hand"),
        ("<svg><desc>import os</desc></svg>", "typed by hand"),
        (FIGURE.format(CODE), "shows another drawing than that of examples/storage/"),
        (FIGURE.format(CODE).replace("ages", "b"), "there is no examples/storage/reten"),
        ("{shown}" + FIGURE.format("import os"), "shows another drawing"),
        ("<div class=mermaid>graph TB</div>", "has a <div class=mermaid>: put it into a"),
    ],
)
def test_the_gate_cannot_be_fooled_by_a_drawing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, body: str, says: str
) -> None:
    monkeypatch.setattr("guidance.site.diagrams.EXAMPLES", tmp_path / "examples")
    html = shown(folder, PAGE)

    assert [line for line in verdict(tmp_path, body.replace("{shown}", html)) if says in line]


def test_the_gate_sees_a_drawing_that_was_altered(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guidance.site.diagrams.EXAMPLES", tmp_path / "examples")
    html = shown(folder, PAGE)

    altered = verdict(tmp_path, html.replace("new object", "import os"))

    assert any("shows another drawing" in line for line in altered)


# --- drawing ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    """The module that draws, where the group ``diagrams`` is installed."""
    return pytest.importorskip(
        "guidance.site.drawing",
        reason="merman is not installed: run `uv run --group diagrams pytest`",
        exc_type=ImportError,
    )


@pytest.fixture(scope="module")
def pen(drawing: ModuleType) -> Any:
    """What draws."""
    return drawing.Pen()


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_every_drawing_is_what_its_source_gives(pen: Any, path: Path) -> None:
    assert path.with_suffix(".svg").read_text("utf-8") == pen.draw(path)


def test_the_renderer_is_the_one_that_drawings_name(drawing: ModuleType) -> None:
    assert importlib.metadata.version("merman") == diagrams.RENDERER


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (UNTITLED, "has no title"),
        (UNDESCRIBED, "has no description"),
        (SOURCE.replace("gone(", "gone[("), "is not Mermaid: Diagram parse error"),
        (SOURCE.replace("flowchart TB", "sequenceDiagram"), "is no flowchart: begin it"),
        (SOURCE + '    click new "a.html"\n', "click sets a style or a link"),
        ("%%{init: {'theme': 'dark'}}%%\n" + SOURCE, "%%{ sets a style or a link"),
        (SOURCE + "    style new fill:red\n", "the site's style holds, and nodes may say"),
        (SOURCE.replace("deleted)", "a = 1)"), "holds =: write words"),
        (
            SOURCE.replace("TB", "LR") + "    gone --> a(one more) --> b(and one more) -->"
            " c(a third that is even longer) --> d(a fourth that is very long)\n",
            "units wide",
        ),
        (
            SOURCE + "".join(f"    gone --> s{n}([deleted])\n" for n in range(3)),
            "use the shapes [ ], ( ), { }, [( )]",
        ),
    ],
)
def test_a_faulty_source_is_not_drawn(pen: Any, folder: Path, source: str, says: str) -> None:
    (folder / "ages.mmd").write_text(source, "utf-8")

    with pytest.raises(DiagramError) as raised:
        pen.draw(folder / "ages.mmd")

    assert says in str(raised.value)
    assert str(raised.value).startswith("examples/storage/retention/ages.mmd")


def test_text_is_measured_with_room_for_wider_spacing(drawing: ModuleType) -> None:
    width = drawing.Measurer().width

    assert width("n", 16) == pytest.approx(width("nn", 16) / 2)
    assert 5 < width("n", 16) - 0.12 * 16 < 12
    assert width("n n", 16) - width("n", 16) * 2 > 0.28 * 16


def test_the_recipe_works_as_it_stands(
    drawing: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Add a diagram\n")[2]
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[:3])
    (folder / "ages.mmd").write_text(blocks["text"], "utf-8")
    monkeypatch.setattr(drawing, "sources", lambda: sources(folder))

    assert blocks["bash"].strip() in diagrams.DRAW
    assert main(blocks["bash"].split("guidance ")[1].split()) == 0
    html = Diagrams(folder.parents[1])
    assert html.nonce in html.markdown("storage/retention.md", blocks["markdown"])


def test_drawing_says_what_is_wrong_and_goes_on(
    drawing: ModuleType,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "a.mmd").write_text(UNTITLED, "utf-8")
    (folder / "b.mmd").write_text(SOURCE, "utf-8")
    monkeypatch.setattr(drawing, "sources", lambda: sources(folder))

    assert main(["diagrams"]) == 1
    assert main(["diagrams"]) == 1

    said = capsys.readouterr()
    assert said.out == "drew examples/storage/retention/b.svg\n"  # once: nothing changed
    assert said.err.startswith("guidance: examples/storage/retention/a.mmd has no title")


def test_drawing_without_a_renderer_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "merman", None)
    monkeypatch.delitem(sys.modules, "guidance.site.drawing", raising=False)

    assert main(["diagrams"]) == 1
    assert capsys.readouterr().err == f"guidance: merman is not installed: {diagrams.DRAW}\n"


# --- what the diagrams say is true ------------------------------------------------


def source_of(name: str) -> str:
    """Return the source of a diagram."""
    return (EXAMPLES / f"{name}.mmd").read_text("utf-8")


def arrows(source: str) -> set[tuple[str, str]]:
    """Return the arrows of a flowchart without labels on them."""
    lines = [line.strip() for line in source.splitlines() if "-->" in line]
    chains = [[re.findall(r"\w+", part) for part in line.split("-->")] for line in lines]
    return {
        (one, other)
        for chain in chains
        for left, right in pairwise(chain)
        for one in left
        for other in right
    }


def test_the_models_are_those_of_the_project() -> None:
    project, source = EXAMPLES / "river-levels-etl/dbt", source_of("transformation/dbt/models")
    files = [*project.rglob("models/**/*.sql"), *project.glob("snapshots/*.yml")]
    refs = {
        (ref, path.stem)
        for path in files
        for ref in re.findall(r"ref\('(\w+)'\)", path.read_text("utf-8"))
    }
    folders = {path.stem: path.parent.name for path in files}
    folders |= {path.stem: "reference" for path in project.glob("seeds/*.csv")}  # its schema
    drawn: dict[str, str] = {}
    for layer, inside in re.findall(r"subgraph (\w+)\n(.*?)\n    end", source, re.DOTALL):
        drawn |= dict.fromkeys(re.findall(r"^ {8}(\w+)", inside, re.MULTILINE), layer)
    tables = set(re.findall(r"^ {8}(\w+)\[\(", source, re.MULTILINE))

    assert arrows(source) == refs
    assert drawn == folders
    assert tables == {
        n for n, f in folders.items() if f in {"marts", "snapshots", "reference"}
    }


def test_the_client_asks_again_when_the_diagram_says_so() -> None:
    edge = re.search(r'came -->\|"(429.*?)"\| budget', source_of("extraction/api/reply"))

    assert edge is not None
    assert set(re.findall(r"\d{3}", edge[1])) == set(map(str, http.RETRIED_STATUS))


def test_the_steps_are_those_of_the_pipeline() -> None:
    started = re.search(r"airflow\(.*\) -\.-> (.*)", source_of("start/index/pipeline"))

    assert started is not None
    steps = started[1].split(" & ")
    assert steps == ["extract", "load", "transform", "serve"]
    assert all(callable(getattr(Pipeline, step)) for step in steps)
    plan = (EXAMPLES / "river-levels-etl/pipeline.yml").read_text("utf-8")
    assert re.search(r'cron: "\d+ \* \* \* \*"', plan), "no longer each hour"


# --- the built site ---------------------------------------------------------------


def pages_with_diagrams() -> list[str]:
    """Return the built files of the pages that show diagrams."""
    named = [path for path in DOCS.rglob("*.md") if "[[diagram:" in path.read_text("utf-8")]
    stems = [path.relative_to(DOCS).with_suffix("").as_posix() for path in named]
    return sorted(stem.removesuffix("index").strip("/") + "/index.html" for stem in stems)


def test_every_diagram_is_on_a_page() -> None:
    named = {
        EXAMPLES / path.relative_to(DOCS).with_suffix("") / f"{name}.mmd"
        for path in DOCS.rglob("*.md")
        for name in diagrams.SLOT.findall(path.read_text("utf-8"))
    }

    assert sorted(named) == sources()
    assert len(named) >= 4


@pytest.mark.parametrize("page", pages_with_diagrams())
def test_a_built_page_has_diagrams_that_everybody_can_read(
    built_site: Path, page: str
) -> None:
    html = (built_site / page).read_text("utf-8")
    tree = LexborHTMLParser(html)
    figures = tree.css("figure[data-diagram]")
    ids = [node.attributes["id"] for node in tree.css("[id]")]

    assert figures
    assert len(ids) == len(set(ids))
    assert list(diagrams.faults(tree)) == []
    for figure in figures:
        svg = figure.css_first("svg")
        assert svg is not None
        for label, tag in (("aria-labelledby", "title"), ("aria-describedby", "desc")):
            named = svg.css_first(f"{tag}#{svg.attributes[label]}")
            assert named is not None and len(named.text()) > 10
        assert svg.attributes["role"] == "img"
        words = figure.next
        while words is not None and words.tag != "details":
            words = words.next
        assert words is not None and "The same in words" in words.text()
        drawn = figure.html or ""
        assert len(drawn.encode()) < diagrams.MAX_BYTES
        assert not re.search(r"style|href|https?://(?!www\.w3\.org/2000/svg)|url\([^#]", drawn)


# --- what a browser makes of it -----------------------------------------------------

SPACING = "*{letter-spacing:.12em!important;word-spacing:.16em!important}"  # WCAG 1.4.12
MEASURE = """() => {
    const colour = (e, what) => {
        const found = getComputedStyle(e)[what].match(/[\\d.]+/g) || [0, 0, 0, 0];
        const [r, g, b, a = 1] = found.map(Number);
        return [r, g, b, a];
    };
    const ground = colour(document.body, 'backgroundColor');
    const box = e => e.getBoundingClientRect();
    const shape = g => g.querySelector(':scope > :is(rect, path, polygon, circle),'
        + ':scope > g > :is(rect, path, polygon, circle)');
    const holds = (s, text) => {
        const b = text.getBBox();
        const to = s.getScreenCTM().inverse().multiply(text.getScreenCTM());
        return [[b.x, b.y], [b.x + b.width, b.y], [b.x, b.y + b.height],
                [b.x + b.width, b.y + b.height]].every(([x, y]) =>
            s.isPointInFill(new DOMPoint(x, y).matrixTransform(to)));
    };
    const meet = (a, b) => a.left < b.right && b.left < a.right
        && a.top < b.bottom && b.top < a.bottom;
    const wrong = [], texts = [], lines = [];
    document.querySelectorAll('.diagram svg').forEach(svg => {
        const nodes = [...svg.querySelectorAll('.node')];
        const groups = [...svg.querySelectorAll('.cluster')];
        const edges = [...svg.querySelectorAll('.edgeLabel text')];
        svg.querySelectorAll('text').forEach(t => {
            const b = box(t), all = box(svg), name = t.textContent;
            if (b.left < all.left || b.right > all.right || b.top < all.top - 1
                || b.bottom > all.bottom + 1) wrong.push(name + ': outside the drawing');
            if (parseFloat(getComputedStyle(t).fontSize) < 14) wrong.push(name + ': small');
        });
        [...nodes, ...groups].forEach(g => {
            const s = shape(g), t = g.querySelector('text');
            if (!holds(s, t)) wrong.push(t.textContent + ': runs out of its shape');
            texts.push([t.textContent, colour(t, 'fill'), colour(s, 'fill'), ground]);
            lines.push([t.textContent, colour(s, 'stroke'), ground]);
        });
        edges.forEach(t => {
            const back = t.parentElement.querySelector('.background');
            nodes.map(shape).concat(edges).forEach(other => {
                if (other !== t && meet(box(t), box(other)))
                    wrong.push(t.textContent + ': lies on ' + other.parentElement.textContent);
            });
            texts.push([t.textContent, colour(t, 'fill'), colour(back, 'fill'), ground]);
        });
        svg.querySelectorAll('.edgePaths path').forEach(p =>
            lines.push(['arrow', colour(p, 'stroke'), ground]));
        svg.querySelectorAll('marker path').forEach(p =>
            lines.push(['arrowhead', colour(p, 'fill'), ground]));
    });
    return {wrong, texts, lines};
}"""
WIDE = """[...document.querySelectorAll('.diagram-scroll')]
    .filter(e => e.scrollWidth > e.clientWidth).map(e => e.ariaLabel)"""


def contrast(*layers: list[float]) -> float:
    """Return the contrast (WCAG 1.4.3) of a colour on what lies under it."""

    def over(top: list[float], under: list[float]) -> list[float]:
        alpha = top[3]
        mixed = [alpha * t + (1 - alpha) * u for t, u in zip(top[:3], under[:3], strict=True)]
        return [*mixed, 1.0]

    def luminance(colour: list[float]) -> float:
        parts = [part / 255 for part in colour[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    ground = layers[-1]
    for layer in reversed(layers[1:-1]):
        ground = over(layer, ground)
    light, dark = sorted([luminance(over(layers[0], ground)), luminance(ground)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def unreadable(page: Page) -> list[str]:
    """Return what in the diagrams of a page overflows, collides or is too pale."""
    found: dict[str, Any] = page.evaluate(MEASURE)
    assert found["texts"] and found["lines"]
    pale = [f"{n}: pale text" for n, *colours in found["texts"] if contrast(*colours) < 4.5]
    faint = [f"{n}: faint line" for n, *colours in found["lines"] if contrast(*colours) < 3]
    return found["wrong"] + pale + faint


@pytest.fixture
def opened(browser: Browser, site_url: str) -> Iterator[Callable[[str, int], Page]]:
    """Open a page with every diagram of the site, in a palette, at a width."""
    contexts = []

    def open_(palette: Any, width: int) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="light" if palette == "forced" else palette,
            forced_colors="active" if palette == "forced" else "none",
            reduced_motion="reduce",
            bypass_csp=True,  # the policy would refuse the styles that tests add
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(site_url + "transformation/dbt/")
        figures = [read(path).figure for path in sources()]
        page.evaluate(
            "html => { document.querySelector('article').innerHTML = html }", "".join(figures)
        )
        page.evaluate("document.fonts.ready")
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("palette", ["light", "dark", "forced"])
def test_everybody_can_read_every_diagram(
    opened: Callable[[str, int], Page], palette: str
) -> None:
    page = opened(palette, 1280)
    scheme = page.evaluate("document.body.dataset.mdColorScheme")

    assert scheme == ("slate" if palette == "dark" else "default")
    assert page.locator(".diagram svg").count() == len(sources())
    assert page.evaluate(WIDE) == [], "wider than the column of a page"
    assert unreadable(page) == []
    page.add_style_tag(content=SPACING)
    assert unreadable(page) == []


def test_the_measurement_sees_faults(opened: Callable[[str, int], Page]) -> None:
    page = opened("light", 1280)
    page.add_style_tag(
        content=".diagram .node text { fill: #bbb; } .diagram .cluster rect { stroke: #ddd; }"
        " .diagram .edgeLabel { transform: none; }"
    )
    page.evaluate(
        "document.querySelector('.diagram .node tspan').textContent += ' and a lot more of it'"
    )

    found = unreadable(page)

    assert any("a lot more of it" in line and "out of its shape" in line for line in found)
    assert any(": lies on " in line for line in found)
    assert {line.partition(": ")[2] for line in found} >= {"pale text", "faint line"}


def test_a_wide_diagram_scrolls_alone_by_keyboard(
    opened: Callable[[str, int], Page],
) -> None:
    page = opened("light", 320)
    name = "Diagram: The models of the reference project, layer by layer"
    assert name in page.evaluate(WIDE)
    page.focus(f".diagram-scroll[aria-label='{name}']")
    page.keyboard.press("ArrowRight")

    page.wait_for_function("document.activeElement.scrollLeft > 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
