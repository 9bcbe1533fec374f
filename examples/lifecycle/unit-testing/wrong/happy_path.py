"""Two tidy rows, typed by the author of the code."""

# mypy: disable-error-code="import-not-found"

# --8<-- [start:wrong]
from edge_cases import UNTIL, row
from flood_reports import Report, parse_all


def test_report_is_read_when_it_is_good() -> None:
    (report,) = parse_all([row()], UNTIL)

    assert isinstance(report, Report)
    assert report.surname == "Achebe"


def test_two_reports_are_read_when_there_are_two() -> None:
    verdicts = parse_all([row(), row(report_id="418")], UNTIL)

    assert [isinstance(one, Report) for one in verdicts] == [True, True]


# --8<-- [end:wrong]
