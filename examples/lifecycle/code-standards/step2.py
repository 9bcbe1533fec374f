"""Step 2: read, calculate, write. The middle one needs no file."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

LOWEST_M, HIGHEST_M = -5.0, 100.0
HEADER = "day,station,readings,lowest_m,highest_m,mean_m"


# --8<-- [start:main]
def main(folder: Path, before: date) -> None:
    """Write ``daily.csv``; days from ``before`` on are not finished."""
    stations = read_stations(folder / "stations.csv")
    items = read_items(folder / "readings.json")
    write_rows(folder / "daily.csv", daily_rows(stations, items, before))


# --8<-- [end:main]


# --8<-- [start:parts]
def read_stations(file: Path) -> dict[str, str]:
    """Return the station of each measure."""
    with file.open(encoding="utf-8") as stream:
        return {r["measure"]: r["station"] for r in csv.DictReader(stream)}


def read_items(file: Path) -> list[dict[str, Any]]:
    """Return the items of a stored reply."""
    items: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["items"]
    return items


def daily_rows(
    stations: Mapping[str, str], items: Sequence[dict[str, Any]], before: date
) -> list[list[object]]:
    """Return the rows of the table."""
    seen = set()
    days: dict[tuple[date, str], list[float]] = {}
    for item in items:
        try:
            m = item["measure"].split("/")[-1]
            t = datetime.fromisoformat(item["dateTime"])
            d = t.astimezone(ZoneInfo("Europe/London")).date()
            v = float(item["value"])
            s = stations[m]
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ):
            continue
        if t.tzinfo is None or not LOWEST_M < v < HIGHEST_M:
            continue
        if d >= before or (m, t) in seen:
            continue
        seen.add((m, t))
        days.setdefault((d, s), []).append(v)
    rows: list[list[object]] = []
    for (d, s), values in sorted(days.items()):
        mean = round(sum(values) / len(values), 3)
        rows.append([d, s, len(values), min(values), max(values), mean])
    return rows


def write_rows(file: Path, rows: Sequence[Sequence[object]]) -> None:
    """Write the table as CSV."""
    lines = [HEADER, *(",".join(map(str, row)) for row in rows)]
    file.write_text("\n".join(lines) + "\n", "utf-8")


# --8<-- [end:parts]
