# --8<-- [start:transform]
import pandas as pd


def daily_levels(
    readings: pd.DataFrame, stations: pd.DataFrame
) -> pd.DataFrame:
    """Return levels by gauge and London day; times are UTC, levels metres.

    Raises:
        pandas.errors.MergeError: if a gauge is listed twice.
    """
    local = readings["observed_at"].dt.tz_convert("Europe/London")
    days = (
        readings.assign(local_date=local.dt.tz_localize(None).dt.normalize())
        .dropna(subset=["level_m"])
        .groupby(["station_id", "local_date"], dropna=False, observed=True)
        .agg(
            readings=("level_m", "size"),
            highest_m=("level_m", "max"),
            average_m=("level_m", "mean"),
        )
        .reset_index()
    )
    return days.merge(
        stations.dropna(subset=["station_id"]),  # or NaN would match NaN
        on="station_id",
        how="left",
        validate="many_to_one",
    )


# --8<-- [end:transform]
