"""Write rows to a file whose bytes depend on the rows alone."""

# --8<-- [start:pack]
import gzip
import json
from collections.abc import Iterable, Mapping


def pack(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Return rows as compressed JSON lines: same rows, same bytes.

    Raises:
        TypeError: if a value is no text, number, boolean or None.
    """
    lines = sorted(json.dumps(row, sort_keys=True) for row in rows)
    text = "".join(f"{line}\n" for line in lines)
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)


# --8<-- [end:pack]
