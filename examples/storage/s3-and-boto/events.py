"""Which object an S3 event is about."""

# --8<-- [start:object_of]
from typing import Any
from urllib.parse import unquote_plus


def object_of(record: dict[str, Any]) -> tuple[str, str]:
    """Return bucket and key; in events, S3 writes keys URL-encoded."""
    found = record["s3"]
    return found["bucket"]["name"], unquote_plus(found["object"]["key"])


# --8<-- [end:object_of]
