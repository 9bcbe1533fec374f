"""The record as it looked on the screen."""

# mypy: disable-error-code="import-not-found"

# --8<-- [start:wrong]
from edge_cases import UNTIL, row
from flood_reports import Report, parse_all


def test_uprn_is_read_when_it_is_that_of_the_ticket() -> None:
    (report,) = parse_all([row(uprn="990000000042")], UNTIL)

    assert isinstance(report, Report)
    assert report.uprn == "990000000042"


# --8<-- [end:wrong]
