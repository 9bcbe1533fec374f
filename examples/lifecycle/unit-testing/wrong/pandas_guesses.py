"""pandas decides what is a number, and who has a name."""

import io
from typing import Any

import pandas as pd


def read_csv(content: bytes) -> list[dict[str, Any]]:
    frame = pd.read_csv(io.BytesIO(content))
    return [dict(row) for _, row in frame.iterrows()]
