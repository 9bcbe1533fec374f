"""Sort what came into rows and rejects, and give up if it is mostly dirt."""

# --8<-- [start:sieve]
from collections import Counter
from collections.abc import Iterable
from typing import Any

from river_levels.parse import Reading, Rejected, parse_reading

MAX_SHARE = 0.05
FEW = 100  # of fewer items, a share says nothing


class TooManyRejected(Exception):
    """The source has changed, or is broken: do not load."""


def sieve(items: Iterable[Any]) -> tuple[list[Reading], list[Rejected]]:
    """Return the good rows, and the others with their reasons.

    Items read are rows kept plus items rejected. Store both.

    Raises:
        TooManyRejected: if the rejects are more than a small share.
    """
    rows: list[Reading] = []
    rejects: list[Rejected] = []
    for item in items:
        row = parse_reading(item)
        if isinstance(row, Reading):
            rows.append(row)
        else:
            rejects.append(row)
    read = len(rows) + len(rejects)
    if read >= FEW and len(rejects) > MAX_SHARE * read:
        reasons = Counter(reject.reason for reject in rejects)
        worst = ", ".join(f"{n} {why}" for why, n in reasons.most_common(3))
        raise TooManyRejected(f"{len(rejects)} of {read} are bad: {worst}")
    return rows, rejects


# --8<-- [end:sieve]
