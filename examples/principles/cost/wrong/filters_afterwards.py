"""Reads what is partitioned by day, and picks the day in the end."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def mean_of_day(folder: Path, day: date) -> tuple[float, int]:
    """Return the mean level of a day, and the bytes read to find it."""
    tables, count = [], 0
    for path in sorted(folder.glob("day=*/*.parquet")):
        count += path.stat().st_size
        table = pq.read_table(path, partitioning=None)
        name = pa.array([path.parent.name] * len(table))
        tables.append(table.append_column("partition", name))
    everything = pa.concat_tables(tables)
    wanted = pc.equal(everything["partition"], f"day={day}")
    mean = pc.mean(everything.filter(wanted)["value"])
    return float(mean.as_py()), count
