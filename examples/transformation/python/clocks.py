"""Times of a system that knows only London's wall clock."""

# --8<-- [start:to_utc]
import pandas as pd


def to_utc(times: pd.Series) -> pd.Series:
    """Return London wall-clock times, oldest first, as UTC.

    The hour that comes twice is told apart by the order of the rows.

    Raises:
        ValueError: if a time never was, or the order does not tell.
    """
    local = times.dt.tz_localize(
        "Europe/London", ambiguous="infer", nonexistent="raise"
    )
    utc: pd.Series = local.dt.tz_convert("UTC")
    return utc


# --8<-- [end:to_utc]
