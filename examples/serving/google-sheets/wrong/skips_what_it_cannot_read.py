from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any


def read(values: Sequence[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    header, *rows = values
    for cells in rows:
        row = dict(zip(header, cells, strict=False))
        try:
            row["Last cleaned"] = date(1899, 12, 30) + timedelta(
                days=row["Last cleaned"]
            )
            row["Depth of silt (cm)"] = float(row["Depth of silt (cm)"])
        except (KeyError, TypeError, ValueError):
            continue
        yield row
