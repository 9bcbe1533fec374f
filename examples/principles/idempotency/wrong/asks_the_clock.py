"""Judges a window of the past by the clock of today."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from river_levels.windows import Window

SILENT_AFTER = timedelta(hours=6)


def silent_gauges(
    last_seen: Mapping[str, datetime], window: Window
) -> set[str]:
    """Return the gauges that are silent, right on the day itself."""
    now = datetime.now(UTC)
    return {
        gauge
        for gauge, seen_at in last_seen.items()
        if now - seen_at > SILENT_AFTER
    }
