"""The first assertion that fails hides the others."""

# mypy: disable-error-code="import-not-found"

# --8<-- [start:wrong]
from edge_cases import UNTIL, row
from flood_reports import Report, parse_all


def test_parse_all() -> None:
    report = parse_all([row(uprn="000042", surname="NA")], UNTIL)[0]
    assert isinstance(report, Report)
    assert report.uprn == "42"
    assert report.surname == "NA"
    other = parse_all([row(depth_cm=-1)], UNTIL)[0]
    assert not isinstance(other, Report)


# --8<-- [end:wrong]
