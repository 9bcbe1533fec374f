"""What becomes of a report."""

# --8<-- [start:tests]
from dataclasses import asdict
from typing import Any

import pytest

from edge_cases import CASES, UNTIL, row
from flood_reports import Refused, Report, parse_all, read_csv


def outcome_of(verdict: Report | Refused) -> object:
    """Return the reason, or what differs from the usual report."""
    if isinstance(verdict, Refused):
        return verdict.reason
    (usual,) = parse_all([row()], UNTIL)
    assert isinstance(usual, Report)
    before = asdict(usual)
    return {k: v for k, v in asdict(verdict).items() if v != before[k]}


@pytest.mark.parametrize("when", CASES)
def test_row_is_read_or_refused_when(when: str) -> None:
    given, expected = CASES[when]

    rows = read_csv(given) if isinstance(given, bytes) else given
    verdicts = parse_all(rows, UNTIL)

    assert [outcome_of(verdict) for verdict in verdicts] == expected


def test_every_field_is_read_when_the_row_is_good() -> None:
    (report,) = parse_all([row()], UNTIL)

    assert isinstance(report, Report)
    assert report.report_id == "000417"
    assert report.surname == "Achebe"
    assert report.uprn == "990000000042"
    assert report.reported_at.isoformat() == "2026-03-28T12:00:00+00:00"
    assert report.depth_cm == 4


def test_time_is_utc_when_the_row_has_another_zone() -> None:
    (report,) = parse_all([row(reported_at="2026-07-01T00:30+01:00")], UNTIL)

    assert isinstance(report, Report)
    assert report.reported_at.isoformat() == "2026-06-30T23:30:00+00:00"


def test_row_is_kept_whole_when_it_is_refused() -> None:
    given: list[Any] = [row(uprn="?")]

    assert parse_all(given, UNTIL) == [Refused("uprn is no UPRN", given[0])]


# --8<-- [end:tests]
