"""Turns what is no number into null."""

# mypy: disable-error-code="import-not-found"
# --8<-- [start:levels]
from pyspark.sql import DataFrame
from pyspark.sql import functions as f


def levels(texts: DataFrame) -> DataFrame:
    texts.sparkSession.conf.set("spark.sql.ansi.enabled", "false")
    return texts.select(f.col("text").cast("double").alias("level_m"))


# --8<-- [end:levels]
