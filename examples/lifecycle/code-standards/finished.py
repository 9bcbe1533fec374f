"""Which days are over."""

# --8<-- [start:finished]
from collections.abc import Iterable
from datetime import date


def finished(days: Iterable[date], before: date) -> list[date]:
    """Return the days earlier than ``before``, which the caller knows."""
    return [day for day in days if day < before]


# --8<-- [end:finished]
