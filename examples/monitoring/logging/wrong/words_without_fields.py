import logging
from collections.abc import Sequence
from typing import Any

log = logging.getLogger("river_levels.load")


def load(source: str, items: Sequence[dict[str, Any]]) -> int:
    kept = [item for item in items if item.get("value") is not None]
    bad = len(items) - len(kept)
    log.info(f"Loaded {len(kept)} items from {source}, {bad} were bad")
    return len(kept)
