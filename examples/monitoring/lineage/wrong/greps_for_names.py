import re
from collections.abc import Iterable, Mapping
from typing import Any

PERSONAL = re.compile("name|email|phone|uprn|address", re.I)


def leaks(manifest: Mapping[str, Any], edges: Iterable[Any]) -> list[str]:
    return [
        f"{target.relation}.{target.name}"
        for _, target in edges
        if "_marts." in target.relation and PERSONAL.search(target.name)
    ]
