"""Step 6: the shell; all that can be calculated is in the core."""

# --8<-- [start:shell]
import argparse
import csv
import json
import logging
from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import date
from pathlib import Path

from daily_levels import DailyLevel, Reading, Rejected, daily_levels, parse

log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> None:
    """Write ``daily.csv`` from a folder's stored replies.

    Raises:
        SystemExit: if an argument is missing or wrong, before any work.
        OSError: if a file cannot be read or written.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--before", type=date.fromisoformat, required=True)
    asked = parser.parse_args(arguments)
    stations = read_stations(asked.folder / "stations.csv")
    items = json.loads((asked.folder / "readings.json").read_text("utf-8"))
    verdicts = [parse(item, stations) for item in items["items"]]
    readings = [one for one in verdicts if isinstance(one, Reading)]
    rejected = [one for one in verdicts if isinstance(one, Rejected)]
    rows = daily_levels(readings, asked.before)
    write(asked.folder / "daily.csv", rows)
    log.info(
        "daily_levels.done",
        extra={"read": len(verdicts), "rejected": len(rejected)},
    )


def read_stations(file: Path) -> dict[str, str]:
    """Return the station of each measure."""
    with file.open(encoding="utf-8", newline="") as stream:
        return {r["measure"]: r["station"] for r in csv.DictReader(stream)}


def write(file: Path, rows: Sequence[DailyLevel]) -> None:
    """Write the table as CSV, whole or not at all."""
    draft = file.with_suffix(".part")
    with draft.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(field.name for field in fields(DailyLevel))
        writer.writerows(astuple(row) for row in rows)
    draft.replace(file)


# --8<-- [end:shell]
