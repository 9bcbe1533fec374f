"""Windows: half-open, in UTC, and never empty."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from river_levels.errors import ConfigError
from river_levels.windows import Window, compact, iso, parse_utc

DAY = Window.parse("2026-03-29", "2026-03-30")


def test_a_moment_belongs_to_one_of_two_neighbours() -> None:
    next_day = Window.parse("2026-03-30", "2026-03-31")

    assert DAY.start in DAY
    assert DAY.end not in DAY
    assert DAY.end in next_day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-29", datetime(2026, 3, 29, tzinfo=UTC)),
        ("2026-03-29T01:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-03-29T01:30:00Z", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2026-03-29T02:30+01:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_texts_are_read_as_utc(text: str, moment: datetime) -> None:
    assert parse_utc(text) == moment


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("2026-03-29", "2026-03-29", "is empty"),
        ("2026-03-30", "2026-03-29", "is empty"),
        ("yesterday", "2026-03-29", "'yesterday' is no ISO 8601 time"),
        ("2026-03-29", "29/03/2026", "'29/03/2026' is no ISO 8601 time"),
    ],
)
def test_a_senseless_window_is_refused(start: str, end: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        Window.parse(start, end)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"window start .* has no time zone"):
        Window(datetime(2026, 3, 29), DAY.end)  # noqa: DTZ001  the point


@given(
    hours=st.integers(1, 200),
    step=st.integers(1, 100),
)
def test_the_parts_of_a_window_are_the_window(hours: int, step: int) -> None:
    window = Window(DAY.start, DAY.start + timedelta(hours=hours))

    parts = list(window.split(timedelta(hours=step)))

    assert parts[0].start == window.start
    assert parts[-1].end == window.end
    assert all(a.end == b.start for a, b in itertools.pairwise(parts))


def test_the_days_that_a_window_touches() -> None:
    assert DAY.days() == (date(2026, 3, 29), date(2026, 3, 29))
    assert DAY.widened(timedelta(hours=1)).days()[0] == date(2026, 3, 28)


def test_moments_are_written_in_utc() -> None:
    assert str(DAY) == "[2026-03-29T00:00:00Z, 2026-03-30T00:00:00Z)"
    assert iso(DAY.start) == "2026-03-29T00:00:00Z"
    assert compact(DAY.start) == "20260329T000000Z"
