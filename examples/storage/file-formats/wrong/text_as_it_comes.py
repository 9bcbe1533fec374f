import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def write_for_people(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
