"""Read stored replies."""

# --8<-- [start:read_items]
import json
from pathlib import Path
from typing import Any


class Unreadable(Exception):
    """A stored reply is not what we stored; names the file."""


def read_items(file: Path) -> list[dict[str, Any]]:
    """Return the items of a stored reply.

    Raises:
        OSError: if the file is missing or cannot be read.
        Unreadable: if it holds no reply, with what is wrong with it.
    """
    try:
        items: list[dict[str, Any]] = json.loads(file.read_bytes())["items"]
    except (LookupError, TypeError, ValueError) as error:
        raise Unreadable(f"{file}: {error}") from error
    return items


# --8<-- [end:read_items]
