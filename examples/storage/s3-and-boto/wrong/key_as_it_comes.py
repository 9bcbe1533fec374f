"""Takes the key of an event as it comes: a plus sign for every space."""

from typing import Any


def object_of(record: dict[str, Any]) -> tuple[str, str]:
    """Return bucket and key, right as long as keys are plain."""
    found = record["s3"]
    return found["bucket"]["name"], found["object"]["key"]
