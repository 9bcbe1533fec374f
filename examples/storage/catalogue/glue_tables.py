"""Tables of the lake, declared in the Glue catalogue."""

# --8<-- [start:declare]
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import ColumnTypeDef, TableInputTypeDef

PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
GLUE_TYPES = {
    pa.string(): "string",
    pa.int64(): "bigint",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us", tz="UTC"): "timestamp",
}


def columns(schema: pa.Schema) -> "list[ColumnTypeDef]":
    """Return the columns of a table as Glue writes them.

    Raises:
        KeyError: if Glue has no type that we use for one.
    """
    return [{"Name": f.name, "Type": GLUE_TYPES[f.type]} for f in schema]


def declare(
    glue: "GlueClient",
    database: str,
    table: str,
    location: str,
    schema: pa.Schema,
) -> None:
    """Make a table of Parquet, partitioned by day, or bring it up to date."""
    wanted: TableInputTypeDef = {
        "Name": table,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "window_date", "Type": "date"}],
        "StorageDescriptor": {
            "Columns": columns(schema),
            "Location": location,
            "InputFormat": f"{PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": f"{PARQUET}.serde.ParquetHiveSerDe"
            },
        },
    }
    try:
        glue.create_table(DatabaseName=database, TableInput=wanted)
    except glue.exceptions.AlreadyExistsException:
        glue.update_table(DatabaseName=database, TableInput=wanted)


def add_day(glue: "GlueClient", database: str, table: str, day: date) -> None:
    """Tell the catalogue of a day; again is no error."""
    known = glue.get_table(DatabaseName=database, Name=table)["Table"]
    storage = known["StorageDescriptor"]
    place = f"{storage['Location']}window_date={day:%Y-%m-%d}/"
    try:
        glue.create_partition(
            DatabaseName=database,
            TableName=table,
            PartitionInput={
                "Values": [f"{day:%Y-%m-%d}"],
                "StorageDescriptor": {**storage, "Location": place},
            },
        )
    except glue.exceptions.AlreadyExistsException:
        return


def days_between(
    glue: "GlueClient", database: str, table: str, first: date, last: date
) -> list[str]:
    """Return the days that the catalogue knows, both ends included."""
    wanted = f"window_date BETWEEN '{first}' AND '{last}'"
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=database, TableName=table, Expression=wanted
    )
    found = [
        part["Values"][0] for page in pages for part in page["Partitions"]
    ]
    return sorted(found)


# --8<-- [end:declare]
