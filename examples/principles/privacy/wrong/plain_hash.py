"""Wrong: whoever can guess the number can compute its hash."""

import hashlib

Key = object


def pseudonym(key: Key, kind: str, value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
