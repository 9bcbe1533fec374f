"""Sends the key in a header, wherever the source sends us."""

from typing import Any

import requests


def get(root: str, path: str, key: str) -> Any:
    """Return the document of whoever is at the end of the redirects."""
    headers = {"X-Api-Key": key}
    got = requests.get(root + path, headers=headers, timeout=(5, 30))
    got.raise_for_status()
    return got.json()
