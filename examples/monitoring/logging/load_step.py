"""A load that says what it did, and nothing of what it did it with."""

# --8<-- [start:load]
import logging
import time
from collections.abc import Sequence
from typing import Any

log = logging.getLogger("river_levels.load")


def load(source: str, items: Sequence[dict[str, Any]]) -> int:
    """Keep the items that have a value, log the numbers, return how many."""
    began = time.monotonic()
    kept = [item for item in items if item.get("value") is not None]
    log.info(
        "load.done",
        extra={
            "source": source,
            "rows_in": len(items),
            "rows_out": len(kept),
            "rows_quarantined": len(items) - len(kept),
            "duration_ms": round((time.monotonic() - began) * 1000),
        },
    )
    return len(kept)


# --8<-- [end:load]
