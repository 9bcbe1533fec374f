"""Run a tool that can reject a file, and note that it accepted this one.

``validated`` is a lower claim than ``executed``: nothing was done with the file but
to read it and to check its form.
"""

import importlib.metadata
import json

import jsonschema
import yaml

from guidance.evidence import regions
from guidance.evidence.recorder import RECORDER, Level, Proof
from guidance.paths import ROOT


def validate_schema(ref: str, schema: str) -> object:
    """Check a YAML or JSON file of the site against a JSON Schema.

    Args:
        ref: the file, as a page includes it.
        schema: path of the schema, as seen from the repository.

    Returns:
        What the file says.

    Raises:
        jsonschema.ValidationError: if the schema forbids it.
    """
    region = regions.find(ref)
    rules = json.loads((ROOT / schema).read_text("utf-8"))
    document = yaml.safe_load(region.text)
    validator = jsonschema.Draft202012Validator(
        rules, format_checker=jsonschema.FormatChecker()
    )
    validator.validate(document)
    tool = f"jsonschema {importlib.metadata.version('jsonschema')}"
    RECORDER.proof(Proof(ref, region.sha256, Level.VALIDATED, tool))
    return document
