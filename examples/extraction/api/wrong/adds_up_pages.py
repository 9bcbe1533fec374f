"""Reads as many pages as there are said to be, and never checks the sum."""

from typing import Any

from river_levels.http import PoliteClient


def establishments(client: PoliteClient, authority: int) -> list[Any]:
    """Return what the pages hold: some of it twice, some of it not."""
    found: list[Any] = []
    pages, number = 1, 1
    while number <= pages:
        asked = {"localAuthorityId": str(authority), "pageNumber": str(number)}
        document = client.get("/Establishments", asked).document
        found += document["establishments"]
        pages, number = document["meta"]["totalPages"], number + 1
    return found
