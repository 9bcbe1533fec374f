"""Reads the gauges as Spark finds them."""

# mypy: disable-error-code="import-not-found"
# --8<-- [start:read]
from pyspark.sql import DataFrame, SparkSession


def read_stations(spark: SparkSession, path: str) -> DataFrame:
    return spark.read.csv(path, header=True, inferSchema=True)


# --8<-- [end:read]
