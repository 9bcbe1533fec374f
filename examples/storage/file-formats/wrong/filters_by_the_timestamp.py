from datetime import UTC, date, datetime, time, timedelta

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
        path,
        schema=schema,
        filesystem=files,
        format="parquet",
        partitioning=BY_DAY,
    )
    start = datetime.combine(first, time(), UTC)
    end = datetime.combine(last, time(), UTC) + timedelta(days=1)
    at = ds.field("observed_at")
    return dataset.to_table(filter=(at >= start) & (at < end))
