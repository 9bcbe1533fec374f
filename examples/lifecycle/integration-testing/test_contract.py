"""The replies that the tests use have the shape of the source's."""

# --8<-- [start:contract]
import json
from pathlib import Path

import jsonschema
import pytest

SHAPE = jsonschema.Draft202012Validator.FORMAT_CHECKER


@pytest.mark.parametrize("reply", ["readings.json"])
def test_reply_follows_the_schema_when_recorded(
    reply: str, replies: Path, schema: Path
) -> None:
    recorded = json.loads((replies / reply).read_text("utf-8"))
    agreed = json.loads(schema.read_text("utf-8"))

    jsonschema.validate(recorded, agreed, format_checker=SHAPE)


# --8<-- [end:contract]
