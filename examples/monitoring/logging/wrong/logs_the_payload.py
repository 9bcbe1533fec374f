import logging
from collections.abc import Sequence
from typing import Any

log = logging.getLogger("river_levels.load")


def load(source: str, items: Sequence[dict[str, Any]]) -> int:
    kept = []
    for item in items:
        if item.get("value") is None:
            log.warning("load.bad_item", extra={"item": item})
        else:
            kept.append(item)
    return len(kept)
