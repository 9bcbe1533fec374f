import pandas as pd


def above_range(levels: pd.DataFrame) -> pd.DataFrame:
    found = []
    for _, row in levels.iterrows():
        if row["level_m"] > row["typical_high_m"]:
            found.append(int(row["reading_id"]))
    return pd.DataFrame({"reading_id": found})
