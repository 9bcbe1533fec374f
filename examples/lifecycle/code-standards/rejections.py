"""Count why items were not used."""

# --8<-- [start:count]
from collections import Counter
from collections.abc import Iterable


def count(reasons: Iterable[str]) -> Counter[str]:
    """Return how often each reason was given."""
    return Counter(reasons)


# --8<-- [end:count]
