"""Read people from CSV without guessing."""

# --8<-- [start:read]
from pathlib import Path

import pandas as pd


def read_people(path: Path) -> pd.DataFrame:
    """Return every column as text; only an empty field is missing."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])


# --8<-- [end:read]
