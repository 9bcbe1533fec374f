"""Waits for ever: without a time-out, requests has none."""

from typing import Any

import requests


def get(url: str) -> Any:
    """Return the document, whenever that may be."""
    return requests.get(url).json()
