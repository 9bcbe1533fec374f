"""Where a column comes from, where it goes, and whom a change reaches."""

# --8<-- [start:edges]
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from sqlglot import exp, parse_one
from sqlglot.lineage import Node, lineage


class Column(NamedTuple):
    """A column of a table or view, such as marts.fct_readings."""

    relation: str
    name: str


type Edges = set[tuple[Column, Column]]
"""Pairs of columns: where a value comes from, and where it goes."""


def edges(
    manifest: Mapping[str, Any], catalogue: Mapping[str, Sequence[str]]
) -> Edges:
    """Return the edges between columns of all models.

    Args:
        manifest: dbt's ``manifest.json``, after ``dbt build`` or ``compile``.
        catalogue: the columns of each relation, from the database: without
            them nobody knows what ``*`` stands for.

    Raises:
        sqlglot.errors.SqlglotError: if a model's SQL cannot be understood.
    """
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for relation, columns in catalogue.items():
        place, _, table = relation.partition(".")
        schema.setdefault(place, {})[table] = dict.fromkeys(columns, "text")
    found: Edges = set()
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "snapshot"):
            target = f"{node['schema']}.{node['alias']}"
            found |= set(_of_model(target, node, schema))
    return found


def _of_model(
    target: str,
    node: Mapping[str, Any],
    schema: Mapping[str, Any],
) -> Iterator[tuple[Column, Column]]:
    sql = parse_one(node["compiled_code"], dialect="postgres")
    for table in sql.find_all(exp.Table):
        table.set("catalog", None)  # dbt writes the database's name too
    found = lineage(None, sql, schema=dict(schema), dialect="postgres")
    outputs = {"": found} if isinstance(found, Node) else found
    for name, output in outputs.items():
        for step in output.walk():
            if isinstance(step.expression, exp.Table):
                place = f"{step.expression.db}.{step.expression.name}"
                column = step.name.rpartition(".")[2]
                yield Column(place, column), Column(target, name)


# --8<-- [end:edges]


# --8<-- [start:taint]
def personal(manifest: Mapping[str, Any]) -> set[Column]:
    """Return the columns of sources that are tagged as personal data."""
    return {
        Column(f"{source['schema']}.{source['name']}", name)
        for source in manifest["sources"].values()
        for name, column in source["columns"].items()
        if column["meta"].get("personal_data")
    }


def anonymised(manifest: Mapping[str, Any]) -> set[Column]:
    """Return the columns that an approved step has made anonymous.

    The tag says which step, and who approved it; an empty one is none.
    """
    return {
        Column(f"{node['schema']}.{node['alias']}", name)
        for node in manifest["nodes"].values()
        for name, column in node["columns"].items()
        if column["meta"].get("anonymised")
    }


def tainted(manifest: Mapping[str, Any], edges: Edges) -> dict[Column, Column]:
    """Return each column that holds personal data, and where it got it."""
    stops = anonymised(manifest)
    found = {column: column for column in personal(manifest)}
    todo = list(found)
    while todo:
        source = todo.pop()
        for origin, target in edges:
            if origin == source and target not in {*stops, *found}:
                found[target] = source
                todo.append(target)
    return found


def leaks(manifest: Mapping[str, Any], edges: Edges) -> list[str]:
    """Return how personal data reach an exposure that is not tagged so."""
    found = tainted(manifest, edges)
    said = []
    for exposure in manifest["exposures"].values():
        if exposure["meta"].get("personal_data"):
            continue
        for node_id in exposure["depends_on"]["nodes"]:
            node = (
                manifest["nodes"].get(node_id) or manifest["sources"][node_id]
            )
            place = f"{node['schema']}.{node.get('alias', node['name'])}"
            for column in sorted(c for c in found if c.relation == place):
                path = [column]
                while found[path[-1]] != path[-1]:
                    path.append(found[path[-1]])
                steps = " <- ".join(f"{c.relation}.{c.name}" for c in path)
                said.append(f"{exposure['name']}: {steps}")
    return said


# --8<-- [end:taint]
# --8<-- [start:impact]
def reached(manifest: Mapping[str, Any], changed: Sequence[str]) -> set[str]:
    """Return the ids of all that depends on changed files, and their own.

    Args:
        changed: paths in the dbt project, as ``git diff --name-only
            --relative`` prints them.
    """
    todo = [
        node_id
        for node_id, node in manifest["nodes"].items()
        if node["original_file_path"] in changed
    ]
    found: set[str] = set()
    while todo:
        node_id = todo.pop()
        if node_id not in found:
            found.add(node_id)
            todo += manifest["child_map"].get(node_id, [])
    return found


def impact(manifest: Mapping[str, Any], changed: Sequence[str]) -> str:
    """Return what a change touches, as a comment for the pull request."""
    groups = {g["name"]: g["owner"] for g in manifest["groups"].values()}
    exposures, models = [], []
    for node_id in reached(manifest, changed):
        if exposure := manifest["exposures"].get(node_id):
            owner = exposure["owner"]["name"]
            exposures.append((exposure["type"], exposure["name"], owner))
        elif node_id.startswith("model."):
            node = manifest["nodes"][node_id]
            owner = groups.get(node["config"].get("group"), {}).get("name", "")
            models.append((node["fqn"][1], node["name"], owner))
    rows = sorted(exposures) + sorted(models)
    owners = {owner for _, _, owner in rows}
    return "\n".join(
        [
            f"This change reaches exposures: {len(exposures)}, "
            f"models: {len(models)}, owners: {len(owners)}.",
            "",
            "| Kind | What | Owner |",
            "| --- | --- | --- |",
            *(f"| {kind} | {what} | {who} |" for kind, what, who in rows),
        ]
    )


# --8<-- [end:impact]
# --8<-- [start:draw]
def mermaid(
    manifest: Mapping[str, Any], edges: Edges, title: str, words: str
) -> str:
    """Return a diagram of all models; red ones hold personal data."""
    red = {column.relation for column in tainted(manifest, edges)}
    nodes = {**manifest["sources"], **manifest["exposures"]} | {
        node_id: node
        for node_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "snapshot")
    }
    lines = [
        "flowchart TB",
        f"    accTitle: {title}",
        f"    accDescr: {words}",
    ]
    for node_id, node in sorted(nodes.items()):
        kind, _, name = node_id.split(".", 2)
        short = name.rpartition(".")[2]
        place = f"{node.get('schema')}.{node.get('alias', node['name'])}"
        holds = node["meta"].get("personal_data") or place in red
        shape = {"source": f"[({short})]", "exposure": f"({short})"}
        style = ":::bad" if holds else ":::good" * (kind == "exposure")
        lines.append(f"    {short}{shape.get(kind, f'[{short}]')}{style}")
    for node_id, parents in sorted(manifest["parent_map"].items()):
        for parent in sorted(parents):
            if node_id in nodes and parent in nodes:
                ends = (parent.split(".")[-1], node_id.split(".")[-1])
                lines.append(f"    {ends[0]} --> {ends[1]}")
    return "\n".join(lines) + "\n"


# --8<-- [end:draw]
# --8<-- [start:main]
CATALOGUE = """
    SELECT table_schema || '.' || table_name, array_agg(column_name::text)
    FROM information_schema.columns
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
    GROUP BY 1
"""


def main(path: str) -> int:
    """Print how personal data get out, and return 1 if they do."""
    manifest = json.loads(Path(path).read_text("utf-8"))
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, connect_timeout=10) as connection:
        rows = connection.execute(CATALOGUE).fetchall()
    catalogue: dict[str, list[str]] = dict(rows)
    found = leaks(manifest, edges(manifest, catalogue))
    print("\n".join(found) or "personal data stay where they may be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
# --8<-- [end:main]
