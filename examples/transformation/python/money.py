"""Add up money."""

# --8<-- [start:money]
from decimal import Decimal

import pandas as pd
import pyarrow as pa

MONEY = pd.ArrowDtype(pa.decimal128(14, 2))


def total(amounts: pd.Series) -> Decimal:
    """Return the sum in pounds of amounts that are given as text.

    Raises:
        pyarrow.ArrowInvalid: if an amount has fractions of a penny.
    """
    return Decimal(amounts.astype(MONEY).sum())


# --8<-- [end:money]
