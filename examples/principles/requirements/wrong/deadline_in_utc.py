"""Takes eight o'clock for a time in UTC, all year round."""

from datetime import UTC, date, datetime, time


def was_in_time(published_at: datetime, day: date) -> bool:
    """Whether readers had the data by eight that day."""
    return published_at <= datetime.combine(day, time(8), UTC)
