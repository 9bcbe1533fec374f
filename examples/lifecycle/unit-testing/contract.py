"""Hold a reply against what was agreed, or seen."""

# --8<-- [start:breaches]
import json
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker


def breaches(reply: object, schema: Path) -> list[str]:
    """Return where a reply departs from its schema, and how."""
    rules = json.loads(schema.read_text("utf-8"))
    validator = Draft202012Validator(rules, format_checker=FormatChecker())
    errors = sorted(validator.iter_errors(reply), key=lambda e: e.json_path)
    return [f"{error.json_path}: {error.message}" for error in errors]


# --8<-- [end:breaches]
