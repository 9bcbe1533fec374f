import pandas as pd


def without_sentinels(levels: pd.DataFrame) -> pd.DataFrame:
    cleaned = levels.copy()
    cleaned["level_m"][cleaned["level_m"] == -99.0] = float("nan")
    return cleaned
