"""Count the bytes that one question reads, by how the data are kept."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq


class Counting(io.FileIO):
    """A file that counts what is read from it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and count."""
        data = super().read(-1 if size is None else size)
        self.count += len(data)
        return data


def write(table: Any, folder: Path) -> None:
    """Keep a table in three ways, its rows sorted by day.

    Args:
        table: has the columns day, station, value and note.
        folder: gets `levels.csv`, `levels.parquet` and `day=…/`.
    """
    pyarrow.csv.write_csv(table, folder / "levels.csv")
    pq.write_table(table, folder / "levels.parquet")
    for day in pc.unique(table["day"]).to_pylist():
        place = folder / f"day={day}"
        place.mkdir()
        rows = table.filter(pc.equal(table["day"], pa.scalar(day)))
        pq.write_table(rows.drop_columns("day"), place / "part-0.parquet")


def mean_of_day(folder: Path, kept: str, day: date) -> tuple[float, int]:
    """Return the mean level of a day, and the bytes read to find it.

    Args:
        folder: that was written to.
        kept: "csv", "parquet" or "partitioned".
        day: that is asked for.
    """
    if kept == "csv":
        with Counting(folder / "levels.csv") as file:
            table = pyarrow.csv.read_csv(pa.PythonFile(file))
            levels = table.filter(pc.equal(table["day"], pa.scalar(day)))
    elif kept == "parquet":
        with Counting(folder / "levels.parquet") as file:
            levels = pq.read_table(
                pa.PythonFile(file),
                columns=["value"],
                filters=[("day", "=", day)],
            )
    else:
        with Counting(folder / f"day={day}" / "part-0.parquet") as file:
            levels = pq.ParquetFile(pa.PythonFile(file)).read(["value"])
    return float(pc.mean(levels["value"]).as_py()), file.count
