"""Say how much of a stored byte S3 Standard-IA charges."""

LEAST_KB = 128
LEAST_DAYS = 30


def times_billed(size_kb: float, days: float) -> float:
    """Return how many times its size and its days an object is billed.

    Args:
        size_kb: of one object.
        days: that it stays before it is deleted or written anew.
    """
    billed = max(size_kb, LEAST_KB) * max(days, LEAST_DAYS)
    return billed / (size_kb * days)
