"""Join without losing the rows that find no partner."""

# --8<-- [start:described]
import polars as pl


def described(readings: pl.DataFrame, measures: pl.DataFrame) -> pl.DataFrame:
    """Return every reading; one that nobody described has nulls."""
    return readings.join(measures, on="measure_id", how="left", validate="m:1")


# --8<-- [end:described]
