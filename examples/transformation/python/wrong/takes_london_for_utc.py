import pandas as pd


def to_utc(times: pd.Series) -> pd.Series:
    utc: pd.Series = times.dt.tz_localize("UTC")
    return utc
