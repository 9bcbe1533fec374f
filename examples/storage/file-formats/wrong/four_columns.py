from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow.fs import FileSystem

PARTS = ["import_year", "import_month", "import_day"]


def write_days(files: FileSystem, path: str, table: pa.Table) -> None:
    for name, pattern in zip(PARTS, ("%Y", "%m", "%d"), strict=True):
        part = pc.strftime(table["window_date"], pattern)
        table = table.append_column(name, part)
    ds.write_dataset(
        table,
        path,
        filesystem=files,
        format="parquet",
        partitioning=PARTS,
        partitioning_flavor="hive",
    )


def between(
    files: FileSystem, path: str, schema: pa.Schema, first: date, last: date
) -> pa.Table:
    dataset = ds.dataset(
        path, filesystem=files, format="parquet", partitioning="hive"
    )
    year, month, day = (ds.field(name) for name in PARTS)
    found = (year >= first.year) & (year <= last.year)
    found = found & (month >= first.month) & (month <= last.month)
    found = found & (day >= first.day) & (day <= last.day)
    return dataset.to_table(filter=found)
