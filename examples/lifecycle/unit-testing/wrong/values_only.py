"""Numbers equal texts that look alike, and an empty frame equals any row."""

import pandas as pd


def assert_same(
    actual: pd.DataFrame, expected: pd.DataFrame, key: str
) -> None:
    left = actual.sort_values(key).to_numpy()
    right = expected.sort_values(key).to_numpy()
    same = left == right
    if not same.all():
        raise AssertionError("the frames differ")
