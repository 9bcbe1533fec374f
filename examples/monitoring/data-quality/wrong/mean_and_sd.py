import statistics
from collections.abc import Sequence


def usual(counts: Sequence[int]) -> tuple[float, float]:
    mean = statistics.mean(counts)
    deviation = statistics.stdev(counts)
    return mean - 3 * deviation, mean + 3 * deviation
