import polars as pl


def described(readings: pl.DataFrame, measures: pl.DataFrame) -> pl.DataFrame:
    return readings.join(measures, on="measure_id", how="inner")
