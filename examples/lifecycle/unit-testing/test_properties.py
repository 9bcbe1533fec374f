"""What holds for any rows at all."""

# --8<-- [start:properties]
import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge_cases import CASES, GOOD, UNTIL
from flood_reports import Refused, Report, parse_all

# The rows of the table are good in all fields but one. Mix their cells, and
# many are nearly right; rows of made-up text alone never get that far.
ROWS = [
    row
    for rows, _ in CASES.values()
    if isinstance(rows, list)
    for row in rows
    if isinstance(row, dict) and row.keys() == GOOD.keys()
]
likely = st.fixed_dictionaries(
    {field: st.sampled_from([row[field] for row in ROWS]) for field in GOOD}
)
made_up = st.fixed_dictionaries(dict.fromkeys(GOOD, st.text()))
tables = st.lists(likely | made_up | st.none(), max_size=6)


def fingerprint(verdicts: list[Report | Refused]) -> Counter[str]:
    """Return the verdicts, whatever their order."""
    return Counter(
        json.dumps(asdict(verdict), sort_keys=True, default=str)
        for verdict in verdicts
    )


@given(tables)
def test_every_row_has_a_verdict(table: list[Any]) -> None:
    assert len(parse_all(table, UNTIL)) == len(table)


@given(st.data(), tables)
def test_order_does_not_matter(data: st.DataObject, table: list[Any]) -> None:
    mixed = data.draw(st.permutations(table))

    before, after = parse_all(table, UNTIL), parse_all(mixed, UNTIL)

    assert fingerprint(after) == fingerprint(before)


@given(tables)
def test_reading_what_was_read_changes_nothing(table: list[Any]) -> None:
    reports = [v for v in parse_all(table, UNTIL) if isinstance(v, Report)]
    written = [
        {
            "report_id": report.report_id,
            "surname": report.surname,
            "uprn": report.uprn,
            "reported_at": report.reported_at.isoformat(),
            "depth_cm": report.depth_cm,
        }
        for report in reports
    ]

    assert parse_all(written, UNTIL) == reports


# --8<-- [end:properties]
