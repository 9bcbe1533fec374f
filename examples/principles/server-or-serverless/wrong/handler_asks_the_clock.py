"""Finds its window by itself, in the entry point."""

from datetime import UTC, datetime, timedelta
from typing import Any

from river_levels.windows import Window


def window_of(event: dict[str, Any]) -> Window:
    """Return the full hour before now."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return Window(end - timedelta(hours=1), end)
