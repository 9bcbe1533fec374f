"""Glues the parts of a key together: other parts, same key."""

import hashlib


def surrogate_key(*parts: str | None) -> str:
    """Return a key that some other parts may have too."""
    glued = "".join(part or "" for part in parts)
    return hashlib.sha256(glued.encode()).hexdigest()
