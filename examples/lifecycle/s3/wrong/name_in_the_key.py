"""Easy to find in the console, by anybody who may list."""

from collections.abc import Mapping
from datetime import datetime


def raw_key(
    source: str, start: datetime, report: Mapping[str, str], body: bytes
) -> str:
    """Return the key of one object."""
    who = f"{report['reporter']}_{report['born']}".replace(" ", "_")
    return f"{source}/{start:%Y-%m-%d}/{who}.json"
