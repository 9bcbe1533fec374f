import pandas as pd


def total(amounts: pd.Series) -> float:
    return float(amounts.astype(float).sum())
