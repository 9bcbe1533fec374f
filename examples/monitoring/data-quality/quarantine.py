"""Split what can be used from what cannot, and lose nothing."""

# --8<-- [start:split]
from collections import Counter
from collections.abc import Sequence


def split(items: Sequence[object]) -> tuple[list[float], dict[str, int]]:
    """Return the usable values, and the number of others by reason.

    ``len(items)`` is the sum of both, always.
    """
    kept: list[float] = []
    reasons: Counter[str] = Counter()
    for item in items:
        if isinstance(item, list):
            reasons["several values"] += 1
        elif isinstance(item, str) and "|" in item:
            reasons["values joined by |"] += 1
        elif isinstance(item, int | float) and not isinstance(item, bool):
            kept.append(float(item))
        else:
            reasons["no number"] += 1
    return kept, dict(reasons)


# --8<-- [end:split]
