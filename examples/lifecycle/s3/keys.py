"""Keys of raw objects: where from, of which window, which bytes."""

# --8<-- [start:keys]
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime


def raw_key(
    source: str, start: datetime, report: Mapping[str, str], body: bytes
) -> str:
    """Return the key of one object; it says nothing of what is in it.

    Args:
        start: of the window, with its zone.
        report: what the body holds; not used, which is the point.
    """
    window = start.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    return f"{source}/window_start={window}/{digest}.json"


# --8<-- [end:keys]
