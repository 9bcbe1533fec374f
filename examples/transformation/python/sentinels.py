"""Take the supplier's sentinel out."""

# --8<-- [start:sentinels]
import pandas as pd

SENTINEL_M = -99.0


def without_sentinels(levels: pd.DataFrame) -> pd.DataFrame:
    """Return a copy in which the supplier's -99 is a missing level."""
    is_real = levels["level_m"] != SENTINEL_M
    return levels.assign(level_m=levels["level_m"].where(is_real))


# --8<-- [end:sentinels]
