"""One key for a natural key of several parts."""

# --8<-- [start:surrogate_key]
import hashlib
import json


def surrogate_key(*parts: str | None) -> str:
    """Return 64 hexadecimal digits that stand for these parts.

    JSON puts each part in quotation marks and writes None as ``null``, so
    that no two lists of parts look alike. Write times and numbers as text
    before, always in the same form.
    """
    written = json.dumps(parts, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


# --8<-- [end:surrogate_key]
