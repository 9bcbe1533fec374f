"""The default is made once, and every call adds to it."""

from collections import Counter
from collections.abc import Iterable


def count(
    reasons: Iterable[str], into: Counter[str] = Counter()
) -> Counter[str]:
    into.update(reasons)
    return into
