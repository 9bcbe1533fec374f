"""Turn text into levels."""

# mypy: disable-error-code="import-not-found"
# --8<-- [start:levels]
from pyspark.sql import DataFrame
from pyspark.sql import functions as f


def levels(texts: DataFrame) -> DataFrame:
    """Return ``text`` as ``level_m``; the job fails if one is no number."""
    return texts.select(f.col("text").cast("double").alias("level_m"))


# --8<-- [end:levels]
