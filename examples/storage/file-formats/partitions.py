"""Read a few days out of many, from a folder or from S3."""

# --8<-- [start:partitions]
import os
from datetime import date

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow.fs import FileSystem, S3FileSystem

BY_DAY = ds.partitioning(
    pa.schema([("window_date", pa.date32())]), flavor="hive"
)


def lake_files() -> FileSystem:
    """Return S3 as files, or the endpoint that the environment names."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL")  # not read by pyarrow
    return S3FileSystem(endpoint_override=endpoint)


def write_days(files: FileSystem, path: str, table: pa.Table) -> None:
    """Write a table with a column ``window_date``, a file for each day.

    It deletes a day before it writes it: not while others read.
    """
    ds.write_dataset(
        table,
        path,
        filesystem=files,
        format="parquet",
        partitioning=BY_DAY,
        existing_data_behavior="delete_matching",
        min_rows_per_group=100_000,  # or each small batch is a group
        max_rows_per_group=1_000_000,
    )


def between(
    files: FileSystem, path: str, schema: pa.Schema, first: date, last: date
) -> pa.Table:
    """Return the rows of some days, both ends included.

    ``schema`` says what the columns are; a file that lacks one has nulls.
    """
    dataset = ds.dataset(
        path,
        schema=schema,
        filesystem=files,
        format="parquet",
        partitioning=BY_DAY,
    )
    day = ds.field("window_date")
    return dataset.to_table(filter=(day >= first) & (day <= last))


# --8<-- [end:partitions]
