"""Step 4: one item, one verdict; nothing is swallowed."""

import csv
import json
from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class DailyLevel:
    """The levels of one day in London at one station, in metres."""

    day: date
    station: str
    readings: int
    lowest_m: float
    highest_m: float
    mean_m: float


# --8<-- [start:parse]
@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that cannot be used, whole, and why."""

    reason: str
    item: object


def utc(text: str) -> datetime:
    """Read an ISO 8601 time that states its zone.

    Raises:
        OverflowError: if UTC knows no such moment.
        ValueError: if the text is none, or has no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no zone")
    return moment.astimezone(UTC)


def parse(item: Any, stations: Mapping[str, str]) -> Reading | Rejected:
    """Decide whether an item can be trusted; never drop it, never guess."""
    try:
        measure_id = item["measure"].split("/")[-1]
        station = stations[measure_id]
        observed_at = utc(item["dateTime"])
        level_m = float(item["value"])
    except (AttributeError, LookupError, TypeError) as error:
        return Rejected(f"{type(error).__name__}: {error}", item)
    except (ArithmeticError, ValueError) as error:
        return Rejected(str(error), item)
    if not LOWEST_M < level_m < HIGHEST_M:
        return Rejected("the level is not plausible", item)
    return Reading(measure_id, station, observed_at, level_m)


# --8<-- [end:parse]


def main(folder: Path, before: date) -> list[Rejected]:
    """Write ``daily.csv``; return the items that were not used."""
    stations = read_stations(folder / "stations.csv")
    items = read_items(folder / "readings.json")
    verdicts = [parse(item, stations) for item in items]
    readings = [one for one in verdicts if isinstance(one, Reading)]
    write(folder / "daily.csv", daily_levels(readings, before))
    return [one for one in verdicts if isinstance(one, Rejected)]


def read_stations(file: Path) -> dict[str, str]:
    """Return the station of each measure."""
    with file.open(encoding="utf-8") as stream:
        return {r["measure"]: r["station"] for r in csv.DictReader(stream)}


def read_items(file: Path) -> list[dict[str, Any]]:
    """Return the items of a stored reply."""
    items: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["items"]
    return items


def daily_levels(
    readings: Sequence[Reading], before: date
) -> list[DailyLevel]:
    """Return a row for each day and station."""
    first: dict[tuple[str, datetime], Reading] = {}
    for reading in readings:
        first.setdefault((reading.measure_id, reading.observed_at), reading)
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
