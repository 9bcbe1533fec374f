"""Replies in the shape in which the source sends them."""

# --8<-- [start:reply]
import json
from pathlib import Path


def reply(recording: Path) -> object:
    """Return a recorded reply."""
    found: object = json.loads(recording.read_text("utf-8"))
    return found


# --8<-- [end:reply]
