"""Reads the digits of a time and leaves the zone out."""

from datetime import datetime


def for_readers(text: str) -> str:
    """Write a moment as it stands there; in summer it is an hour off."""
    moment = datetime.strptime(text[:16], "%Y-%m-%dT%H:%M")
    return f"{moment.day} {moment:%B %Y, %H:%M}"
