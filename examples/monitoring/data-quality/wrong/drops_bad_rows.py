from collections.abc import Sequence
from typing import Any


def split(items: Sequence[Any]) -> tuple[list[float], dict[str, int]]:
    kept = []
    for item in items:
        try:
            kept.append(float(item))
        except (TypeError, ValueError):
            continue
    return kept, {}
