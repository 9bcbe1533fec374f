"""Hold a dbt project to those of its rules that a machine can tell.

In CI, after ``dbt parse``: ``python conventions.py target/manifest.json``
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

type Node = dict[str, Any]

COMMENT = re.compile(r"--[^\n]*|\{#.*?#\}", re.DOTALL)
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
RESHAPING = re.compile(r"(?i)\b(join|where|group by|distinct|union)\b")
CLOCK = re.compile(r"(?i)\bnow\(|\bcurrent_(date|time)|\brun_started_at\b")
WHOLE_ROW = re.compile(r"(?im)^select\s+(\w+\.)?\*")
FIXED_SCHEMA = re.compile(r"(?im)^\s*(from|[\w ]*join)\s+\w+\.\w+")


def faults(manifest: Node) -> Iterator[str]:
    """Yield each fault: the rule, the node, and what to do."""
    readers = {
        read
        for exposure in own(manifest, "exposure")
        for read in exposure["depends_on"]["nodes"]
    }
    models, tests = own(manifest, "model"), own(manifest, "test")
    replaced = {
        model["unique_id"]
        for model in models
        if model["config"]["materialized"] in {"table", "view"}
    }
    for model in models:
        name, below = model["name"], set(model["depends_on"]["nodes"])
        for fault in model_faults(model):
            yield f"{fault} ({name})"
        if not has_key(model, tests):
            yield f"DBT-2 test a key: unique and not_null ({name})"
        if model["fqn"][1] == "serving" and below & replaced:
            yield f"DBT-9 let it stand on incremental models ({name})"
        if model["fqn"][1] == "serving" and model["unique_id"] not in readers:
            yield f"DBT-12 name who reads it: exposures ({name})"
    for source in own(manifest, "source"):
        limits = source["freshness"] or {}
        if not (limits.get("error_after") or {}).get("count"):
            yield f"DBT-7 say when it is too old ({source['name']})"
    for seed in own(manifest, "seed"):
        if seed["columns"].keys() - seed["config"]["column_types"].keys():
            yield f"DBT-14 give every column its type ({seed['name']})"


def own(manifest: Node, kind: str) -> list[Node]:
    """Return the project's nodes of a kind, without those of packages."""
    project = manifest["metadata"]["project_name"]
    return [
        node
        for group in ("nodes", "sources", "exposures")
        for node in manifest[group].values()
        if (node["resource_type"], node["package_name"]) == (kind, project)
    ]


def model_faults(model: Node) -> Iterator[str]:
    """Yield the faults of a model that it shows by itself."""
    layer, config = model["fqn"][1], model["config"]
    sql = COMMENT.sub("", model["raw_code"])
    plain = JINJA.sub("", sql)
    of_sources = ["stg_" + "__".join(source) for source in model["sources"]]
    if layer == "staging" and of_sources != [model["name"]]:
        yield "DBT-1 read one source, and be called stg_<source>__<table>"
    if layer != "staging" and of_sources:
        yield "DBT-1 read models; only staging reads sources"
    if "Grain:" not in model["description"] or not model["group"]:
        yield "DBT-2 describe it, with its grain, and give it a group"
    if layer == "staging" and RESHAPING.search(plain):
        yield "DBT-3 only rename and cast in staging"
    if config["materialized"] == "incremental" and not config["unique_key"]:
        yield "DBT-5 name the unique_key"
    if layer == "serving" and not model["contract"]["enforced"]:
        yield "DBT-11 enforce a contract on what others read"
    if WHOLE_ROW.search(plain):
        yield "DBT-13 name the columns"
    if FIXED_SCHEMA.search(plain):
        yield "DBT-13 use ref() or source() for schemas"
    if CLOCK.search(sql):
        yield "DBT-15 take times from the data, not from the clock"


def has_key(model: Node, tests: list[Node]) -> bool:
    """Say whether some columns are tested as unique, and never null."""
    keys: list[set[str]] = []
    filled = {
        column["name"]
        for column in model["columns"].values()
        if any(c["type"] == "not_null" for c in column["constraints"])
    }
    for test in tests:
        if test.get("attached_node") == model["unique_id"]:
            given = test["test_metadata"]["kwargs"]
            columns = set(given.get("columns") or [given.get("column_name")])
            if test["test_metadata"]["name"].startswith("unique"):
                keys.append(columns)
            elif test["test_metadata"]["name"] == "not_null":
                filled |= columns
    return any(key <= filled for key in keys)


if __name__ == "__main__":
    found = list(faults(json.loads(Path(sys.argv[1]).read_text("utf-8"))))
    sys.exit("\n".join(found) or None)
