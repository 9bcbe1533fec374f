from pathlib import Path

import pandas as pd


def read_people(path: Path) -> pd.DataFrame:
    return pd.read_csv(path)
