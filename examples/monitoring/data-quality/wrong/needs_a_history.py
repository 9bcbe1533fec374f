import statistics
from collections.abc import Sequence


def usual(counts: Sequence[int]) -> tuple[float, float]:
    middle = statistics.median(counts)
    return 0.9 * middle, 1.1 * middle
