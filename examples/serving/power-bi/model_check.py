"""Check a Power BI semantic model that is kept as a project (TMDL)."""

# --8<-- [start:check]
import re
from collections.abc import Iterator
from pathlib import Path

VIEW = re.compile(r'\[Schema="(?P<schema>\w+)", Item="(?P<item>\w+)"\]')
RELATION = re.compile(
    r"^relationship .*\n\tfromColumn: (?P<many>\w+)\..*\n"
    r"\ttoColumn: (?P<one>\w+)\.(?P<rest>.*(?:\n\t.*)*)",
    re.MULTILINE,
)


def faults(definition: Path) -> Iterator[str]:
    """Yield what is wrong with a model, file and remedy first.

    Args:
        definition: the folder ``…SemanticModel/definition``.
    """
    files = sorted(definition.rglob("*.tmdl"))
    texts = {path.name: path.read_text("utf-8") for path in files}
    for name, text in texts.items():
        yield from (f"{name}: {fault}" for fault in faults_of(text))
    whole = "\n".join(texts.values())
    if "annotation __PBI_TimeIntelligenceEnabled = 0" not in whole:
        yield "model.tmdl: switch auto date/time off"
    if "dataCategory: Time" not in whole:
        yield "model.tmdl: mark a date table"
    if not re.search(r"^\ttablePermission ", whole, re.MULTILINE):
        yield "roles.tmdl: add a role with a filter"
    yield from not_a_star(whole)


def faults_of(text: str) -> Iterator[str]:
    """Yield what is wrong within one file."""
    if "mode: directQuery" in text:
        yield "import, or write down why it queries directly"
    if re.search(r'PostgreSQL\.Database\("', text):
        yield "take the server from a parameter"
    if re.search(r"(?i)password|credential", text):
        yield "keep credentials in the gateway"
    for view in VIEW.finditer(text):
        if view["schema"] != "serving":
            yield f"read serving, not {view['schema']}.{view['item']}"
    if "RangeStart" in text and "partition" in text:
        if not re.search(r"< (Date\.From\()?RangeEnd", text):
            yield "filter < RangeEnd: an end that belongs to both doubles"
    if re.search(r"summarizeBy: (?!none)", text):
        yield "write a measure, and summarizeBy: none"


def not_a_star(whole: str) -> Iterator[str]:
    """Yield relationships that are not from a fact to a dimension."""
    facts = {found["many"] for found in RELATION.finditer(whole)}
    for found in RELATION.finditer(whole):
        if found["one"] in facts:
            yield f"relationships.tmdl: {found['one']} is a fact on both ends"
        if "bothDirections" in found["rest"]:
            yield f"relationships.tmdl: {found['many']} filters both ways"


def views_of(definition: Path) -> set[str]:
    """Return the views that a model reads, without their schema."""
    texts = (path.read_text("utf-8") for path in definition.rglob("*.tmdl"))
    return {found["item"] for text in texts for found in VIEW.finditer(text)}


# --8<-- [end:check]
