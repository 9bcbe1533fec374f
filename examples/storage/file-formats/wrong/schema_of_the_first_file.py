from datetime import date

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow.fs import FileSystem

BY_DAY = ds.partitioning(
    pa.schema([("window_date", pa.date32())]), flavor="hive"
)


def between(
    files: FileSystem, path: str, schema: pa.Schema, first: date, last: date
) -> pa.Table:
    dataset = ds.dataset(
        path, filesystem=files, format="parquet", partitioning=BY_DAY
    )
    day = ds.field("window_date")
    return dataset.to_table(filter=(day >= first) & (day <= last))
