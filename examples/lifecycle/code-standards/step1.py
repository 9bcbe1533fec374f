"""Step 1: one function, whose output is pinned. Ruff has nothing to say."""

import csv
import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

LOWEST_M, HIGHEST_M = -5.0, 100.0


# --8<-- [start:main]
def main(folder: Path, before: date) -> None:
    """Write ``daily.csv``; days from ``before`` on are not finished."""
    stations = {}
    with (folder / "stations.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            stations[row["measure"]] = row["station"]
    data = json.loads((folder / "readings.json").read_text("utf-8"))
    seen = set()
    days: dict[tuple[date, str], list[float]] = {}
    for item in data["items"]:
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
    with (folder / "daily.csv").open("w", encoding="utf-8") as file:
        file.write("day,station,readings,lowest_m,highest_m,mean_m\n")
        for d, s in sorted(days):
            values = days[(d, s)]
            mean = round(sum(values) / len(values), 3)
            line = [d, s, len(values), min(values), max(values), mean]
            file.write(",".join(str(cell) for cell in line) + "\n")


# --8<-- [end:main]
