"""Fills a gap with zero, which is a level like any other."""

from typing import Any


def latest_of(measure: dict[str, Any]) -> float:
    """Return the newest value; a dead gauge has a dry river."""
    latest = measure.get("latestReading")
    return latest["value"] if isinstance(latest, dict) else 0.0
