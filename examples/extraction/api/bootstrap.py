"""Load the past from the archive once, then small windows that overlap."""

# --8<-- [start:bootstrap]
import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from river_levels.windows import Window

DAY = timedelta(days=1)
HISTORY = 27 * DAY  # the API answers for about 28 days
OVERLAP = 2 * DAY  # gauges report up to a day late
ARCHIVE_HEADER = ["dateTime", "measure", "value"]


@dataclass(frozen=True)
class Bootstrap:
    """How to load the past: whole days of archive, then one window (UTC)."""

    archive_days: tuple[date, ...]
    window: Window


def bootstrap(start: date, now: datetime) -> Bootstrap:
    """Plan a first load of everything from a day until now.

    Args:
        start: a UTC day, at most a year back: so far the archive goes.
        now: passed in, so that the plan can be tested and repeated.
    """
    edge = max(start, (now.astimezone(UTC) - HISTORY).date())
    days = tuple(start + n * DAY for n in range((edge - start).days))
    return Bootstrap(days, Window(datetime.combine(edge, time(), UTC), now))


def next_window(watermark: datetime, now: datetime) -> Window:
    """Return the window of the next run; write it by upsert.

    Args:
        watermark: the newest moment of observation that is loaded, UTC.
    """
    return Window(watermark - OVERLAP, now)


def archive_items(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of an archive file in the shape of the API's readings.

    Raises:
        ValueError: if it has other columns, or was cut off.
    """
    with file.open("rb") as binary:
        binary.seek(-min(1, file.stat().st_size), os.SEEK_END)
        if binary.read(1) != b"\n":
            raise ValueError(f"{file.name} ends in the middle of a line")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        if rows.fieldnames != ARCHIVE_HEADER:
            raise ValueError(f"{file.name} has columns {rows.fieldnames}")
        for row in rows:
            yield {**row, "value": _number_or_text(row["value"])}


def _number_or_text(text: str | None) -> float | str | None:
    """Return a number; else what is there, for the parser to reject."""
    try:
        return float(text or "")
    except ValueError:
        return text


# --8<-- [end:bootstrap]
