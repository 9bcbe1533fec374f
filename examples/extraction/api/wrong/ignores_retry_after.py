"""Comes back when it likes, although the source said when."""

import random
import time
from collections.abc import Callable
from typing import Any

import requests


def get(url: str, sleep: Callable[[float], None] = time.sleep) -> Any:
    """Return the document, if the source does not lock us out before."""
    for attempt in range(5):
        got = requests.get(url, timeout=(5, 30))
        if got.ok:
            return got.json()
        sleep(random.uniform(0, 2**attempt))
    raise TimeoutError(url)
