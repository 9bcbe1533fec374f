"""A calculation that looks elsewhere."""

import os
from collections.abc import Sequence


def mean_m(levels_m: Sequence[float]) -> float:
    digits = int(os.environ.get("LEVELS_DIGITS", "3"))
    return round(sum(levels_m) / len(levels_m), digits)
