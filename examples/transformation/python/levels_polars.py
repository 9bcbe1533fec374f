# --8<-- [start:transform]
import polars as pl


def daily_levels(
    readings: pl.LazyFrame, stations: pl.LazyFrame
) -> pl.LazyFrame:
    """Return levels by gauge and London day; times are UTC, levels metres.

    Raises, once it is collected:
        polars.exceptions.ComputeError: if a gauge is listed twice.
    """
    local = pl.col("observed_at").dt.convert_time_zone("Europe/London")
    days = (
        readings.filter(pl.col("level_m").is_not_null())
        .group_by("station_id", local.dt.date().alias("local_date"))
        .agg(
            pl.len().cast(pl.Int64).alias("readings"),
            pl.col("level_m").max().alias("highest_m"),
            pl.col("level_m").mean().alias("average_m"),
        )
    )
    return days.join(stations, on="station_id", how="left", validate="m:1")


# --8<-- [end:transform]
