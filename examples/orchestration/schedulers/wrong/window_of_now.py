"""Counter-example: the window is whatever hour it is when the code runs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from river_levels.windows import Window


def window_of(event: Mapping[str, Any]) -> Window:
    """Return the full hour before now."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = 1 + event.get("overlap_hours", 0)
    return Window(end - timedelta(hours=hours), end)
