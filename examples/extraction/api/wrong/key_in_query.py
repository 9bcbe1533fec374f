"""Puts the key into the address, and so into every log on the way."""

from typing import Any

import requests


def get(root: str, path: str, key: str) -> Any:
    """Return the document; the error, if any, quotes the key."""
    got = requests.get(root + path, params={"key": key}, timeout=(5, 30))
    got.raise_for_status()
    return got.json()
