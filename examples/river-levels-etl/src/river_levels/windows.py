"""Time windows: half-open, ``[start, end)``, in UTC."""

# --8<-- [start:window]
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

from river_levels.errors import ConfigError

DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Window:
    """The half-open span of time ``[start, end)``, in UTC.

    A reading at ``start`` belongs to it, one at ``end`` to the next window, so
    that neighbouring windows neither overlap nor leave a gap.

    Raises:
        ConfigError: if a time has no zone, or the span is empty.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            moment: datetime = getattr(self, name)
            if moment.tzinfo is None:
                raise ConfigError(
                    f"window {name} {moment} has no time zone",
                    "pass an aware datetime in UTC",
                )
            object.__setattr__(self, name, moment.astimezone(UTC))
        if self.start >= self.end:
            raise ConfigError(
                f"window {self} is empty",
                "the end must be later than the start",
            )

    @classmethod
    def parse(cls, start: str, end: str) -> Self:
        """Read two ISO 8601 texts; a text without a zone means UTC.

        Raises:
            ConfigError: if a text is no ISO 8601 time, or the window is empty.
        """
        return cls(parse_utc(start), parse_utc(end))

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def __str__(self) -> str:
        return f"[{iso(self.start)}, {iso(self.end)})"

    def split(self, step: timedelta) -> Iterator["Window"]:
        """Yield windows of at most ``step`` that together are this one."""
        start = self.start
        while start < self.end:
            end = min(start + step, self.end)
            yield Window(start, end)
            start = end

    def days(self) -> tuple[date, date]:
        """Return the first and the last calendar day (UTC) that it touches."""
        last = self.end - timedelta(microseconds=1)
        return self.start.date(), last.date()

    def widened(self, overlap: timedelta) -> "Window":
        """Return this window, begun earlier to fetch late arrivals again."""
        return Window(self.start - overlap, self.end)


# --8<-- [end:window]


# --8<-- [start:times]
def parse_utc(text: str) -> datetime:
    """Read an ISO 8601 date or time; without a zone it means UTC.

    Raises:
        ConfigError: if the text is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"{text!r} is no ISO 8601 time",
            "write it like 2026-03-29T00:00:00Z",
        ) from error
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """Write a moment as 2026-03-29T00:00:00Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def compact(moment: datetime) -> str:
    """Write a moment for object keys, without colons: 20260329T000000Z."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


# --8<-- [end:times]
