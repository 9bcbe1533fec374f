"""Sum what was paid, by account."""

# --8<-- [start:rates]
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal


def paid(rows: Iterable[Mapping[str, str]]) -> dict[str, Decimal]:
    """Return pounds paid by account; both columns are texts in the source.

    Raises:
        decimal.InvalidOperation: if an amount is no number.
    """
    total: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        total[row["account"]] += Decimal(row["pounds"])
    return dict(total)


# --8<-- [end:rates]
