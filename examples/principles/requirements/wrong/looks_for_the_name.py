"""Looks for a pipeline of the same name."""

from collections.abc import Iterable
from typing import Any


def built_already(
    wanted: dict[str, Any], others: Iterable[dict[str, Any]]
) -> list[str]:
    """Return the pipelines that are called the same."""
    return [o["name"] for o in others if o["name"] == wanted["name"]]
