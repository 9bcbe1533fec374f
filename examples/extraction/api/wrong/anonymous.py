"""Asks without a name: the source can only block us, not write to us."""

from typing import Any

import requests


def latest_readings(root: str) -> Any:
    """Return the newest readings, as python-requests."""
    return requests.get(f"{root}/data/readings?latest", timeout=(5, 30)).json()
