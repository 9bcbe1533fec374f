"""The same readings give another table tomorrow."""

from collections.abc import Iterable
from datetime import UTC, date, datetime


def finished(days: Iterable[date]) -> list[date]:
    today = datetime.now(UTC).date()
    return [day for day in days if day < today]
