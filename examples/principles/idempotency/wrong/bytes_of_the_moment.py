"""Packs rows as they come, with the time of day in the gzip header."""

import gzip
import io
import json
from collections.abc import Iterable, Mapping


def pack(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Return rows as compressed JSON lines, new bytes each time."""
    packed = io.BytesIO()
    with gzip.open(packed, "wt", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
    return packed.getvalue()
