"""Check a pipeline's manifest and its intake, before anybody builds."""

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import yaml


def read(path: Path) -> dict[str, Any]:
    """Read a manifest.

    Raises:
        ValueError: if it is no YAML, or no mapping.
    """
    try:
        manifest = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name}: {error}") from error
    if not isinstance(manifest, dict):
        raise ValueError(f"{path.name}: holds no fields")
    return manifest


def problems(manifest: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Return what is wrong with a manifest, a line for each field."""
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.FormatChecker()
    )
    found = [_fault(error) for error in validator.iter_errors(manifest)]
    # Two rules may meet in one field: the last by alphabet will do.
    faults = dict(sorted(found))
    hours = manifest.get("freshness", {})
    if not found and hours["warn_hours"] >= hours["error_hours"]:
        faults = {"freshness.warn_hours": "must be below error_hours"}
    return sorted(f"{field}: {what}" for field, what in faults.items())


def _fault(error: jsonschema.ValidationError) -> tuple[str, str]:
    """Return the field, and what is wrong with it."""
    way = [str(part) for part in error.absolute_path]
    allowed: Any = error.validator_value
    match error.validator:
        case "required" | "additionalProperties" as what:
            way.append(error.message.split("'")[1])
            text = "is missing" if what == "required" else "is no field"
        case "minLength" | "minItems":
            text = "says too little"
        case "const":
            text = f"must be {allowed} here"
        case "enum":
            text = f"must be one of {', '.join(allowed)}"
        case "type":
            text = f"must be of type {allowed}"
        case "pattern" | "format":
            text = f"{error.instance} is not in the right form"
        case _:
            text = error.message
    return ".".join(way), text


def main(arguments: list[str]) -> int:
    """Check one manifest against a schema; print what is wrong."""
    manifest, schema = map(Path, arguments)
    try:
        rules = json.loads(schema.read_text("utf-8"))
        found = problems(read(manifest), rules)
    except ValueError as error:
        found = [str(error)]
    print("\n".join(found) or "ready to be built")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
