"""Write the data dictionary from what dbt's files say.

``python dictionary.py . > docs/data-dictionary.md``; needs PyYAML.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

LAYERS = ("marts", "serving")
MEASURED = {"numeric", "double precision", "real"}
COUNTED = {"integer", "bigint", "smallint"}
HEAD = """\
# Data dictionary

What the columns mean that people read. Generated from dbt's files: change
those, then run `python tools/dictionary.py . > docs/data-dictionary.md`."""
TABLE = """
| Column | Type | Unit | Empty? | Personal? | Meaning |
|---|---|---|---|---|---|
"""
REF = re.compile(r"\{\{\s*(?:ref|source)\((.*?)\)\s*\}\}", re.DOTALL)


class Undescribed(Exception):
    """A column lacks something that its readers need; says what and where."""


def dictionary(root: Path) -> str:
    """Return the dictionary of a pipeline's repository, as Markdown.

    Raises:
        Undescribed: with everything that is missing, a line each.
    """
    manifest = yaml.safe_load((root / "pipeline.yml").read_text("utf-8"))
    has_people = manifest["personal_data"] != "none"
    parts, missing = [HEAD], list[str]()
    for layer in LAYERS:
        folder = root / "dbt" / "models" / layer
        for file in sorted(folder.glob("*.yml")):
            content = yaml.safe_load(file.read_text("utf-8"))
            for model in content.get("models", []):
                sql = (folder / f"{model['name']}.sql").read_text("utf-8")
                missing += gaps(model, has_people=has_people)
                parts.append(entry(layer, model, sql))
    if missing:
        raise Undescribed("\n".join(missing))
    return "\n".join(parts)


def gaps(model: dict[str, Any], *, has_people: bool) -> Iterator[str]:
    """Yield what a model does not say."""
    name = model["name"]
    if "Grain:" not in model.get("description", ""):
        yield f"{name}: what is one row? Write `Grain: …`"
    for column in model.get("columns", []):
        where = f"{name}.{column['name']}"
        if not column.get("description"):
            yield f"{where}: what does it mean?"
        if not column.get("data_type"):
            yield f"{where}: which type?"
        if column.get("data_type") in MEASURED and not unit(column, model):
            yield f"{where}: in which unit?"
        if has_people and "personal_data" not in meta(column):
            yield f"{where}: is it personal data?"


def meta(column: dict[str, Any]) -> dict[str, Any]:
    """Return what a column says beyond what dbt knows."""
    found: dict[str, Any] = column.get("config", {}).get("meta", {})
    return found


def unit(column: dict[str, Any], model: dict[str, Any]) -> str:
    """Return the unit: its own, a count, or that of the column `unit`."""
    if own := meta(column).get("unit"):
        return str(own)
    kind = column.get("data_type")
    if kind in COUNTED:
        return "count"
    names = {other["name"] for other in model["columns"]}
    return "see `unit`" if kind in MEASURED and "unit" in names else ""


def entry(layer: str, model: dict[str, Any], sql: str) -> str:
    """Return the section of a model."""
    sources = sorted({f"`{name.strip(chr(39))}`" for name in REF.findall(sql)})
    lines = [f"\n## {layer}.{model['name']}\n", one_line(model["description"])]
    lines.append(f"\nMade from {', '.join(sources)}.\n{TABLE.rstrip()}")
    for column in model.get("columns", []):
        cells = [
            f"`{column['name']}`",
            column.get("data_type", ""),
            unit(column, model),
            "no" if is_filled(column) else "may be",
            "yes" if meta(column).get("personal_data") else "no",
            one_line(column.get("description", "")),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def is_filled(column: dict[str, Any]) -> bool:
    """Whether a constraint or a test forbids null."""
    kinds = [c["type"] for c in column.get("constraints", [])]
    return "not_null" in [*kinds, *column.get("data_tests", [])]


def one_line(text: str) -> str:
    """Return a text that fits a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Print the dictionary; return 1 and say what is missing instead."""
    (root,) = arguments
    try:
        print(dictionary(Path(root)))
    except Undescribed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
