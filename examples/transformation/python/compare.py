"""Say whether two frames hold the same rows."""

# --8<-- [start:compare]
import pandas as pd
from pandas.testing import assert_frame_equal


def assert_same_rows(
    left: pd.DataFrame, right: pd.DataFrame, key: list[str]
) -> None:
    """Fail unless both hold the same rows, in any order.

    Types must agree. Floats may differ in their tenth digit: tools add up
    in different orders.
    """
    first, second = (
        frame.sort_values(key).reset_index(drop=True)[left.columns]
        for frame in (left, right)
    )
    assert_frame_equal(first, second, rtol=1e-9, check_exact=False)


# --8<-- [end:compare]
