"""Join reports to wards, and lose or double none."""

# --8<-- [start:join]
import pandas as pd


def with_wards(reports: pd.DataFrame, wards: pd.DataFrame) -> pd.DataFrame:
    """Return the reports with their ward's name; none lost or doubled.

    Raises:
        pandas.errors.MergeError: if a ward is listed twice.
        ValueError: if a report names a ward that is not listed.
    """
    joined = reports.merge(
        wards.dropna(subset=["ward_code"]),
        on="ward_code",
        how="left",
        validate="many_to_one",
        indicator="found",
    )
    is_lost = (joined["found"] == "left_only") & joined["ward_code"].notna()
    if is_lost.any():
        lost = sorted(joined.loc[is_lost, "ward_code"].unique())
        raise ValueError(f"no such ward: {', '.join(lost)}")
    return joined.drop(columns="found")


# --8<-- [end:join]
