import pandas as pd


def with_wards(reports: pd.DataFrame, wards: pd.DataFrame) -> pd.DataFrame:
    return reports.merge(wards, on="ward_code", how="left")
