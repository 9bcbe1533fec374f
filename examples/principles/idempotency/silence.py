"""Which gauges are silent: a question about a window, not about now."""

# --8<-- [start:silent_gauges]
from collections.abc import Mapping
from datetime import datetime, timedelta

from river_levels.windows import Window

SILENT_AFTER = timedelta(hours=6)


def silent_gauges(
    last_seen: Mapping[str, datetime], window: Window
) -> set[str]:
    """Return the gauges that were silent when the window ended.

    Args:
        last_seen: the newest reading of each gauge in the window, UTC.
    """
    return {
        gauge
        for gauge, seen_at in last_seen.items()
        if window.end - seen_at > SILENT_AFTER
    }


# --8<-- [end:silent_gauges]
