"""Compare two frames as strictly as a table would be."""

# --8<-- [start:frames]
import pandas as pd
from pandas.testing import assert_frame_equal


def assert_same(
    actual: pd.DataFrame, expected: pd.DataFrame, key: str
) -> None:
    """Assert that values, columns and types agree, whatever the row order.

    Raises:
        AssertionError: naming the first difference.
    """
    left, right = (
        frame.sort_values(key, ignore_index=True)
        for frame in (actual, expected)
    )
    assert_frame_equal(left, right, check_exact=True)


# --8<-- [end:frames]
