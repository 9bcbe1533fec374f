"""Diagrams: a page names one, and shows the drawing that lies beside its source.

A page ``docs/a/b.md`` writes ``[[diagram:name]]`` on a line of its own. The source is
``examples/a/b/name.mmd``, the drawing ``name.svg`` beside it, which
:mod:`guidance.site.drawing` makes from it. The drawing is kept in the repository, so
that a page builds where nothing can draw, and it says which source it was made from.

A drawing holds shapes and a few words. It has no style of its own: colours and lines
come from ``diagrams.css``.
"""

import hashlib
import html
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from guidance.paths import EXAMPLES, relative

SLOT = re.compile(r"^\[\[diagram:(?P<name>[a-z0-9-]+)\]\]$", re.MULTILINE)
LOOSE = re.compile(r"\[\[diagram:[^\]]*\]\]")
FENCE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[ \t]*mermaid", re.MULTILINE | re.IGNORECASE)
IN_WORDS = '??? note "The same in words"'
WORDS = re.compile(
    r'\n\n\?\?\?\+? note "The same in words"\n(?P<words>(?:[ \t]*\n| {4}.*(?:\n|\Z))+)'
)
TITLE = re.compile(r"^\s*accTitle:[ \t]*(?P<text>\S.*)$", re.MULTILINE)
DESCRIPTION = re.compile(
    r"^\s*accDescr(?::[ \t]*(?P<line>\S.*)$|[ \t]*\{(?P<block>[^}]*\S[^}]*)\})", re.MULTILINE
)
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
DRAW = "run `uv run --group diagrams guidance diagrams`"

RENDERER = "0.9.2"
"""Version of merman that the drawings are made with."""

OPTIONS: dict[str, object] = {
    "theme": "base",
    "look": "classic",
    "layout": "dagre",
    "htmlLabels": False,
    "flowchart": {
        "htmlLabels": False,
        "minNodeWidth": 40,
        "nodeSpacing": 28,
        "padding": 8,
        "rankSpacing": 36,
        "subGraphTitleMargin": {"top": 6, "bottom": 10},
        "wrappingWidth": 400,
    },
}
"""What Mermaid is told; the lines of a label are those that its author wrote."""

ELEMENTS = frozenset(
    "svg title desc g marker path rect polygon circle ellipse line text tspan".split()
)
ATTRIBUTES = frozenset(
    "aria-describedby aria-labelledby class cx cy d dx dy fill font-family font-size height"
    " id markerHeight markerUnits markerWidth marker-end marker-start orient points r refX"
    " refY role rx ry stroke text-anchor transform viewBox width x x1 x2 xmlns y y1 y2".split()
)
CLASSES = frozenset("node cluster cluster-label edgePaths edgeLabel label background".split())
LINES = frozenset("edge-pattern-dashed edge-pattern-dotted edge-thickness-thick".split())
STYLES = frozenset({"bad", "good"})
"""What an author may add to a node by ``:::``."""

MAX_BYTES = 25_000
MAX_WIDTH = 840
"""In units of which a line of text has 16; the column of a page holds this many."""
MAX_LABELS = 40
MAX_CHARACTERS = 60
CODE = re.compile(r"[][=;<>{}$`|\\~^]")
"""What no label may hold: a diagram is no place for code that nobody ran."""
MIN_WORD = 4


class DiagramError(ValueError):
    """A diagram cannot be shown; says which, and what to do."""


@dataclass(frozen=True)
class Diagram:
    """A diagram and its drawing.

    Attributes:
        path: of the source, such as ``examples/start/index/pipeline.mmd``.
        labels: the words in the drawing, label by label.
        svg: the drawing, as it goes into the page.
    """

    path: str
    title: str
    labels: tuple[str, ...]
    svg: str

    @property
    def figure(self) -> str:
        """The drawing as a page shows it; it scrolls alone if it is too wide."""
        title = html.escape(self.title)
        return (
            f'<figure class="diagram" data-diagram="{html.escape(self.path)}"'
            ' data-search-exclude>\n<div class="diagram-scroll" tabindex="0" role="group"'
            f' aria-label="Diagram: {title}">\n{self.svg}\n</div>\n'
            f"<figcaption>{title}</figcaption>\n</figure>"
        )


def sources(examples: Path = EXAMPLES) -> list[Path]:
    """Return the source of every diagram."""
    return sorted(examples.rglob("*.mmd"))


def identifier(path: Path) -> str:
    """Return what the ids in a drawing begin with."""
    return f"diagram-{path.stem}"


def key(source: str) -> str:
    """Return what a drawing was made from: its source, and how it was drawn."""
    made_from = json.dumps([source, RENDERER, OPTIONS], sort_keys=True)
    return hashlib.sha256(made_from.encode()).hexdigest()[:16]


def signed(source: str, svg: str) -> str:
    """Return a drawing as it is kept: its key stands in the first line."""
    return f"<!-- drawn by `guidance diagrams`, {key(source)} -->\n{svg}"


def title_of(name: str, source: str) -> tuple[str, str]:
    """Return the title and the description that a source gives.

    Raises:
        DiagramError: if one is missing.
    """
    title, description = TITLE.search(source), DESCRIPTION.search(source)
    if title is None:
        raise DiagramError(f"{name} has no title: write `accTitle: What it shows`")
    if description is None:
        raise DiagramError(f"{name} has no description: write `accDescr: What happens`")
    text = description["line"] or description["block"]
    return title["text"].strip(), " ".join(text.split())


def read(path: Path) -> Diagram:
    """Read a diagram and its drawing.

    Raises:
        DiagramError: if the source or the drawing is missing or faulty, or if the
            drawing was made from another source.
    """
    name = relative(path)
    if not path.is_file():
        raise DiagramError(f"there is no {name}: write it, then {DRAW}")
    source = path.read_text("utf-8")
    title, description = title_of(name, source)
    drawing = path.with_suffix(".svg")
    text = drawing.read_text("utf-8") if drawing.is_file() else ""
    first, _, svg = text.partition("\n")
    if f"{first}\n" != signed(source, ""):
        raise DiagramError(f"{name} has changed since it was drawn: {DRAW}")
    tree = checked(name, svg)
    found = tree.css_first("svg > title"), tree.css_first("svg > desc")
    if [node and node.text() for node in found] != [title, description]:
        raise DiagramError(f"{name} is drawn without its title or description: {DRAW}")
    return Diagram(name, title, labels(tree), svg.strip())


def checked(name: str, svg: str) -> LexborHTMLParser:
    """Parse a drawing as a browser does; it may hold shapes and a few words, no more.

    Raises:
        DiagramError: if it holds anything else.
    """
    tree = LexborHTMLParser(svg)
    for node in tree.css("head *, body *"):
        if node.tag not in ELEMENTS:
            raise DiagramError(f"{name} is drawn with <{node.tag}>: {DRAW}")
        if odd := sorted(node.attributes.keys() - ATTRIBUTES):
            raise DiagramError(f"{name} is drawn with {odd[0]}=: {DRAW}")
    found = labels(tree)
    if len(found) > MAX_LABELS:
        raise DiagramError(f"{name} has {len(found)} labels: {MAX_LABELS} at most, show less")
    for label in found:
        if len(label) > MAX_CHARACTERS:
            raise DiagramError(
                f"{name}: the label {label[:30]!r}… is too long: {MAX_CHARACTERS} characters "
                "at most, the rest belongs into the text of the page"
            )
        if code := CODE.search(label):
            raise DiagramError(
                f"{name}: the label {label!r} holds {code[0]}: write words; code belongs into "
                "a file that a test runs"
            )
    return tree


def labels(tree: LexborHTMLParser) -> tuple[str, ...]:
    """Return the labels of a drawing, each with its lines joined."""
    texts = (node.text(separator=" ") for node in tree.css("text"))
    return tuple(" ".join(text.split()).replace("_ ", "_") for text in texts)


@dataclass
class Diagrams:
    """Shows the diagrams of one build.

    Until the HTML, a text that this build alone knows stands for each.
    """

    examples: Path = EXAMPLES
    nonce: str = field(default_factory=lambda: "diagram" + secrets.token_hex(8))
    shown: list[Diagram] = field(default_factory=list)

    def markdown(self, page: str, text: str) -> str:
        """Put a sign where a page names a diagram.

        Raises:
            DiagramError: if a diagram is faulty, typed by hand, or has no words.
        """
        if FENCE.search(text):
            raise DiagramError(
                f"{page}: a mermaid fence is typed by hand: put it into a file "
                f"{self._folder(page)}/name.mmd and write [[diagram:name]]"
            )
        names: set[str] = set()

        def placed(match: re.Match[str]) -> str:
            name = match["name"]
            if name in names:
                raise DiagramError(f"{page}: shows the diagram {name} twice: once is enough")
            names.add(name)
            try:
                diagram = read(self.examples / Path(page).with_suffix("") / f"{name}.mmd")
            except DiagramError as error:
                raise DiagramError(f"{page}: {error}") from error
            self._check_words(page, diagram, text[match.end() :])
            self.shown.append(diagram)
            return f"{self.nonce}-{len(self.shown) - 1}"

        text = SLOT.sub(placed, text)
        if loose := LOOSE.search(text):
            raise DiagramError(
                f"{page}: {loose[0]} must stand on a line of its own, and its name may "
                "hold small letters, digits and hyphens"
            )
        return text

    def html(self, content: str) -> str:
        """Put the drawings where the signs are."""
        pattern = re.compile(rf"<p>{self.nonce}-(?P<number>\d+)</p>")
        return pattern.sub(lambda match: self.shown[int(match["number"])].figure, content)

    def _folder(self, page: str) -> str:
        return relative(self.examples / Path(page).with_suffix(""))

    def _check_words(self, page: str, diagram: Diagram, rest: str) -> None:
        """See that who cannot see the drawing gets the same from words."""
        found = WORDS.match(rest)
        if found is None or not found["words"].strip():
            raise DiagramError(
                f"{page}: {diagram.path} has no text alternative: write {IN_WORDS} directly "
                "below it, with the same content as an indented list"
            )
        told = {word.lower() for word in WORD.findall(found["words"])}
        for label in diagram.labels:
            words = [word for word in WORD.findall(label) if _matters(word)]
            if missing := [word for word in words if word.lower() not in told]:
                raise DiagramError(
                    f"{page}: the text alternative of {diagram.path} does not mention "
                    f"{missing[0]!r} of the label {label!r}: say it in words too"
                )


def _matters(word: str) -> bool:
    return len(word) >= MIN_WORD or any(letter.isdigit() for letter in word)


def faults(tree: LexborHTMLParser) -> Iterator[str]:
    """Say what is wrong with the diagrams of a built page, remedy included.

    Words in an SVG are accepted only as part of a figure that equals the drawing of
    the source that it names.
    """
    for node in tree.css(".mermaid"):
        yield f"has a <{node.tag} class=mermaid>: put it into a .mmd file"
    for node in tree.css("svg :is(text, tspan, foreignObject, title, desc)"):
        if not _is_in_a_figure(node):
            words = " ".join(node.text().split())[:40]
            yield f"shows {words!r} in an SVG typed by hand: put it into a .mmd file"
    for figure in tree.css("figure[data-diagram]"):
        path = figure.attributes["data-diagram"] or ""
        try:
            wanted = read(EXAMPLES.parent / path).figure
        except ValueError as error:
            yield str(error)
            continue
        drawn = LexborHTMLParser(wanted).css_first("figure")
        if drawn is None or figure.html != drawn.html:
            yield f"shows another drawing than that of {path}: build the site again"


def _is_in_a_figure(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag == "figure" and "data-diagram" in parent.attributes:
            return True
        parent = parent.parent
    return False
