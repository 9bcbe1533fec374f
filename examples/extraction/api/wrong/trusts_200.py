"""Believes a status of 200, and shrugs at everything else."""

from typing import Any

import requests


def items(url: str) -> list[Any]:
    """Return the items, or none: no data and no answer look the same."""
    got = requests.get(url, timeout=(5, 30))
    if got.status_code == 200:
        try:
            return list(got.json()["items"])
        except ValueError:
            pass
    return []
