"""Accounts lose their zeros, and pennies do not add up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping


def paid(rows: Iterable[Mapping[str, str]]) -> dict[int, float]:
    total: dict[int, float] = defaultdict(float)
    for row in rows:
        total[int(row["account"])] += float(row["pounds"])
    return dict(total)
