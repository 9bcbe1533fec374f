"""Each bug that got through, with the very record that showed it."""

# --8<-- [start:bugs]
import json
from pathlib import Path

from edge_cases import UNTIL
from flood_reports import Report, parse_all

FIXTURES = Path(__file__).with_name("fixtures")


def test_uprn_is_read_when_a_space_is_unseen() -> None:
    record = json.loads(
        (FIXTURES / "zero_width_space.json").read_text("utf-8")
    )

    (report,) = parse_all([record], UNTIL)

    assert isinstance(report, Report)
    assert report.uprn == "990000000042"


# --8<-- [end:bugs]
