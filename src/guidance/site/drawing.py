"""Drawing: from the Mermaid source of a diagram to the SVG beside it.

Needs the dependency group ``diagrams``; pages are built without it. merman lays a
diagram out as Mermaid does, without a browser. We measure its text with the site's own
font, and keep of its SVG what :data:`guidance.site.diagrams.ELEMENTS` allows.
"""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import merman
from fontTools.ttLib import TTFont

from guidance.paths import ROOT, relative
from guidance.site.diagrams import (
    ATTRIBUTES,
    CLASSES,
    ELEMENTS,
    LINES,
    MAX_BYTES,
    MAX_WIDTH,
    OPTIONS,
    STYLES,
    DiagramError,
    checked,
    identifier,
    signed,
    sources,
    title_of,
)

FONT = (
    ROOT / "src/guidance/site/theme/assets/fonts"
    "/atkinson-hyperlegible-next-latin-wght-normal.woff2"
)
KIND = re.compile(r"^(?:flowchart|graph)\s+(?:TB|TD|BT|LR|RL)\s*$", re.MULTILINE)
STYLED = re.compile(r"%%\{|^---$|^\s*(?:click|classDef|style|linkStyle)\b", re.MULTILINE)
SVG = "{http://www.w3.org/2000/svg}"
UNITS = 16.0
"""Height of the text in a drawing."""
LETTER_SPACE = 0.12
WORD_SPACE = 0.16
"""Parts of the text's height that readers may add (WCAG 2.2, 1.4.12)."""
LENGTHS = frozenset(
    "BOUNDING_CLIENT_RECT_WIDTH CANVAS_MEASURE_TEXT_WIDTH COMPUTED_LENGTH RAW_B_BOX_WIDTH"
    " SIMPLE_B_BOX_WIDTH TSPAN_B_BOX_WIDTH WRAP_PROBE_B_BOX_WIDTH".split()
)
LINE_HEIGHT = 1.1
NUMBER = re.compile(r"-?\d+\.\d+")
REFERENCE = re.compile(r"url\(#([^)]+)\)")


class Measurer(merman.MermanTextMeasurer):  # type: ignore[misc]
    """Measures text in the font that the site shows it in.

    Every label gets the room that it takes when a reader widens the spacing.
    """

    def __init__(self, font: Path = FONT) -> None:
        with TTFont(font) as opened:
            self._per_em: int = opened["head"].unitsPerEm
            self._names: dict[int, str] = opened.getBestCmap()
            metrics = opened["hmtx"].metrics
            self._advances: dict[str, float] = {name: metrics[name][0] for name in metrics}

    def width(self, text: str, size: float) -> float:
        """Return the width of a line, in the units of ``size``."""
        names = [self._names.get(ord(letter), ".notdef") for letter in text]
        advance = sum(self._advances[name] for name in names) / self._per_em
        return size * (advance + LETTER_SPACE * len(text) + WORD_SPACE * text.count(" "))

    def measure(
        self, request: merman.MermanTextMeasureRequest
    ) -> merman.MermanTextMeasureResult | None:
        """Answer what merman asks; None lets it estimate."""
        lines = request.text.split("\n")
        width = max(self.width(line, request.font_size) for line in lines)
        kinds = merman.MermanTextMeasurementResultKind
        if request.operation.name in LENGTHS:
            return _result(kinds.LENGTH, length=width)
        if request.operation.name == "WRAPPED" and request.max_width is None:
            height = len(lines) * LINE_HEIGHT * request.font_size
            return _result(kinds.METRICS, width=width, height=height, line_count=len(lines))
        return None


def _result(kind: object, **known: float) -> merman.MermanTextMeasureResult:
    zeros = {"width": 0.0, "height": 0.0, "length": 0.0, "line_count": 1}
    unknown = {"bbox_left": None, "bbox_right": None, "raw_width": None}
    return merman.MermanTextMeasureResult(result_kind=kind, **zeros | unknown | known)


class Pen:
    """Draws diagrams, all in one style."""

    def __init__(self) -> None:
        services = merman.MermanEngineServices().with_text_measurer(Measurer())
        options = json.dumps({"site_config": OPTIONS})
        self._engine = merman.MermanEngine(options_json=options, services=services)

    def draw(self, path: Path) -> str:
        """Return the drawing of a source, as it is kept beside it.

        Raises:
            DiagramError: if the source is faulty, or too large for a page.
        """
        name, source = relative(path), path.read_text("utf-8")
        title, description = title_of(name, source)
        if found := STYLED.search(source):
            raise DiagramError(
                f"{name}: {found[0].strip()} sets a style or a link: the site's style holds, "
                f"and nodes may say :::{' or :::'.join(sorted(STYLES))}"
            )
        if not KIND.search(source):
            raise DiagramError(f"{name} is no flowchart: begin it with `flowchart TB` or LR")
        request = json.dumps({"svg": {"diagram_id": identifier(path)}})
        try:
            svg = self._engine.render_svg(source, request)
        except merman.MermanError as error:
            raise DiagramError(f"{name} is not Mermaid: {error.message}") from error
        root = ElementTree.fromstring(svg)  # noqa: S314  merman has just written it
        text = _finished(root, identifier(path), title, description)
        checked(name, text)
        width = float(root.attrib["viewBox"].split()[2])
        if width > MAX_WIDTH or len(text.encode()) > MAX_BYTES:
            raise DiagramError(
                f"{name} is {width:.0f} units wide and {len(text.encode()):,} bytes long; at "
                f"most {MAX_WIDTH} and {MAX_BYTES:,}: break labels with <br>, show less, and "
                "use the shapes [ ], ( ), { }, [( )]"
            )
        return signed(source, text + "\n")


def _finished(root: ElementTree.Element, name: str, title: str, description: str) -> str:
    """Keep what a page may hold, and leave the style to the page."""
    values = (value for element in root.iter() for value in element.attrib.values())
    markers = {name for value in values for name in REFERENCE.findall(value)}
    for element in list(root.iter()):
        element.tag = element.tag.removeprefix(SVG)
        if element.tag == "tspan":  # one for each word: the line alone is wanted
            text = "".join(element.itertext())
            del element[:]
            element.text = text
    _sweep(root, markers)
    for cluster in root.iter("g"):
        if "cluster" in cluster.get("class", "").split():
            _title_at_the_left(cluster)
    for element in root.iter():
        _attributes(element)
    x, y, width, height = (float(part) for part in root.attrib["viewBox"].split())
    root.attrib = {
        "xmlns": SVG[1:-1],
        "viewBox": f"{x:.0f} {y:.0f} {width:.0f} {height:.0f}",
        "width": f"{width / UNITS:.2f}em",
        "height": f"{height / UNITS:.2f}em",
        "role": "img",
        "aria-labelledby": f"{name}-title",
        "aria-describedby": f"{name}-desc",
        "fill": "none",
        "stroke": "currentColor",
        "font-family": "sans-serif",
        "font-size": f"{UNITS:.0f}",
    }
    for tag, text in (("title", title), ("desc", description)):
        found = root.find(tag)
        if found is None:
            raise DiagramError(f"{name}: merman lost the {tag}: look at its changelog")
        found.attrib, found.text = {"id": f"{name}-{tag}"}, text
    lines = ElementTree.tostring(root, encoding="unicode")
    return re.sub(r"(<(?:g|path|rect|marker|desc)\b)", r"\n\1", lines).replace(" />", "/>")


def _sweep(element: ElementTree.Element, markers: set[str]) -> None:
    """Remove what nobody sees: styles, unused arrowheads, whatever is empty."""
    for child in list(element):
        _sweep(child, markers)
        is_seen = child.tag in ELEMENTS and "invisible" not in child.get("class", "")
        if child.tag == "marker":
            is_seen = child.get("id") in markers
        if child.tag == "rect":
            is_seen = "width" in child.attrib
        if child.tag == "text":
            is_seen = any(part.strip() for part in child.itertext())
        if child.tag == "g":
            is_seen = len(child) > 0
        if not is_seen:
            element.remove(child)


def _title_at_the_left(cluster: ElementTree.Element) -> None:
    """Move the title of a group out of the way of the arrows that enter it."""
    box = cluster.find("rect")
    for part in cluster.iter("g"):
        if box is not None and "cluster-label" in part.get("class", ""):
            x, y = float(box.attrib["x"]), float(box.attrib["y"])
            part.set("transform", f"translate({x + 8:.1f},{y + 6:.1f})")


def _attributes(element: ElementTree.Element) -> None:
    """Keep the attributes of a shape, and of its classes those that mean something."""
    kept = {k: v for k, v in element.attrib.items() if k in ATTRIBUTES}
    for paint in ("fill", "stroke"):  # rough shapes: one path fills, one draws the line
        if kept.get(paint, "none") != "none":
            del kept[paint]
    if element.tag != "marker":
        kept.pop("id", None)
    classes = dict.fromkeys(kept.pop("class", "").split())
    if names := [name for name in classes if name in CLASSES | LINES | STYLES]:
        kept["class"] = " ".join(names)
    if element.tag == "text":
        kept |= {"fill": "currentColor", "stroke": "none"}
    if element.tag == "marker":
        kept |= {"fill": "currentColor"}
    exact = {"id", "class", "marker-start", "marker-end"}
    element.attrib = {k: v if k in exact else NUMBER.sub(_short, v) for k, v in kept.items()}


def _short(number: re.Match[str]) -> str:
    """One digit after the point is finer than any screen."""
    return f"{float(number[0]):.1f}".removesuffix(".0")


def draw_all() -> int:
    """Draw every diagram whose source has changed.

    Returns:
        0, or 1 with a line on standard error for each that cannot be drawn.
    """
    pen, failed = Pen(), False
    for path in sources():
        drawing = path.with_suffix(".svg")
        try:
            text = pen.draw(path)
        except DiagramError as error:
            print(f"guidance: {error}", file=sys.stderr)
            failed = True
            continue
        if not drawing.is_file() or drawing.read_text("utf-8") != text:
            drawing.write_text(text, encoding="utf-8", newline="\n")
            print(f"drew {relative(drawing)}")
    return int(failed)
