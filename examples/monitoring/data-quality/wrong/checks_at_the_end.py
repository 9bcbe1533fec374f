from collections.abc import Callable, Mapping
from typing import Any


def first_block(
    batches: Mapping[Any, Callable[[], Any]], keep: Callable[[Any], None]
) -> list[str]:
    built = [step() for step in batches.values()]
    rows = built[-1].mart
    keep([])
    return [] if rows.height else ["no rows"]
