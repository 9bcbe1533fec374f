"""Step 3: records with names and units, not d, m, t and v."""

import csv
import json
from collections.abc import Mapping, Sequence

# --8<-- [start:reading]
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
LOWEST_M, HIGHEST_M = -5.0, 100.0
HEADER = "day,station,readings,lowest_m,highest_m,mean_m"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured level.

    Attributes:
        observed_at: UTC.
        level_m: metres above the zero of this gauge.
    """

    measure_id: str
    station: str
    observed_at: datetime
    level_m: float


# --8<-- [end:reading]


@dataclass(frozen=True, slots=True)
class DailyLevel:
    """The levels of one day in London at one station, in metres."""

    day: date
    station: str
    readings: int
    lowest_m: float
    highest_m: float
    mean_m: float


def main(folder: Path, before: date) -> None:
    """Write ``daily.csv``; days from ``before`` on are not finished."""
    stations = read_stations(folder / "stations.csv")
    items = read_items(folder / "readings.json")
    write(folder / "daily.csv", daily_levels(stations, items, before))


def read_stations(file: Path) -> dict[str, str]:
    """Return the station of each measure."""
    with file.open(encoding="utf-8") as stream:
        return {r["measure"]: r["station"] for r in csv.DictReader(stream)}


def read_items(file: Path) -> list[dict[str, Any]]:
    """Return the items of a stored reply."""
    items: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["items"]
    return items


def daily_levels(
    stations: Mapping[str, str], items: Sequence[dict[str, Any]], before: date
) -> list[DailyLevel]:
    """Return a row for each day and station."""
    first: dict[tuple[str, datetime], Reading] = {}
    for item in items:
        try:
            measure_id = item["measure"].split("/")[-1]
            observed_at = datetime.fromisoformat(item["dateTime"])
            level_m = float(item["value"])
            station = stations[measure_id]
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ):
            continue
        if observed_at.tzinfo is None or not LOWEST_M < level_m < HIGHEST_M:
            continue
        reading = Reading(
            measure_id, station, observed_at.astimezone(UTC), level_m
        )
        first.setdefault((measure_id, reading.observed_at), reading)
    days: dict[tuple[date, str], list[float]] = {}
    for reading in first.values():
        day = reading.observed_at.astimezone(LONDON).date()
        if day < before:
            days.setdefault((day, reading.station), []).append(reading.level_m)
    rows = []
    for (day, station), levels in sorted(days.items()):
        mean_m = round(sum(levels) / len(levels), 3)
        row = DailyLevel(
            day, station, len(levels), min(levels), max(levels), mean_m
        )
        rows.append(row)
    return rows


def write(file: Path, rows: Sequence[DailyLevel]) -> None:
    """Write the table as CSV."""
    lines = [HEADER, *(",".join(map(str, astuple(row))) for row in rows)]
    file.write_text("\n".join(lines) + "\n", "utf-8")
