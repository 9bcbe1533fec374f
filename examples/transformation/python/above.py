"""Mark gauges above their usual range."""

# --8<-- [start:above]
import pandas as pd


def above_range(levels: pd.DataFrame) -> pd.DataFrame:
    """Return the ids of rows whose level is above the usual range."""
    is_above = levels["level_m"] > levels["typical_high_m"]
    return levels.loc[is_above, ["reading_id"]]


# --8<-- [end:above]
