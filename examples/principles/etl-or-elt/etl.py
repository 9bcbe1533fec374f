"""Compute the daily means before the load, in Python."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MILLIMETRE = Decimal("0.001")

type Daily = tuple[str, date, int, Decimal]


def daily(items: Iterable[Mapping[str, str]]) -> list[Daily]:
    """Return station, London day, readings and mean level in metres."""
    levels: dict[tuple[str, date], list[Decimal]] = defaultdict(list)
    for item in items:
        try:
            level = Decimal(item["value"])
        except InvalidOperation:
            continue
        at = datetime.fromisoformat(item["at"]).astimezone(LONDON)
        levels[item["station"], at.date()].append(level)
    return [
        (
            station,
            day,
            len(found),
            (sum(found, Decimal(0)) / len(found)).quantize(
                MILLIMETRE, ROUND_HALF_UP
            ),
        )
        for (station, day), found in sorted(levels.items())
    ]
