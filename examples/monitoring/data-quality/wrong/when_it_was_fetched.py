from datetime import timedelta
from typing import Any

MAX_AGE = timedelta(hours=2)


def freshness(batch: Any) -> list[str]:
    age = batch.until - batch.readings["fetched_at"].max()
    return [f"newest row is {age} old"] if age > MAX_AGE else []
