"""Downloads what it already has."""

from pathlib import Path

import requests


def download(session: requests.Session, url: str, target: Path) -> None:
    """Fetch the whole file, changed or not."""
    target.write_bytes(session.get(url, timeout=(5, 30)).content)
