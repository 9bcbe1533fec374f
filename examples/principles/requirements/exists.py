"""Find out whether somebody has built it already."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit


def built_already(
    wanted: dict[str, Any], others: Iterable[dict[str, Any]]
) -> list[str]:
    """Return the names of pipelines that read one of the same sources.

    Sources are compared by host or by name, since two teams give one and
    the same thing two names.

    Args:
        wanted: manifest of what somebody asks for.
        others: manifests of all pipelines that there are.
    """
    ours = {_place(source) for source in wanted["sources"]}
    return sorted(
        other["name"]
        for other in others
        if ours & {_place(source) for source in other["sources"]}
    )


def _place(source: dict[str, Any]) -> str:
    host = urlsplit(source.get("url", "")).hostname
    return host or str(source["name"])
