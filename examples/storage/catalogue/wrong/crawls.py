import csv
from pathlib import Path


def guess(values: list[str]) -> str:
    if all(value.isdigit() for value in values):
        return "bigint"
    return "string"


def columns(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        {"Name": name, "Type": guess([row[name] for row in rows])}
        for name in rows[0]
    ]
