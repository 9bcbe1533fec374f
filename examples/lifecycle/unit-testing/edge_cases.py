"""One table of what goes wrong with rows: copy it, and make it yours."""

# --8<-- [start:cases]
from datetime import UTC, datetime
from typing import Any

UNTIL = datetime(2026, 11, 23, tzinfo=UTC)
HEADER = b"report_id,surname,uprn,reported_at,depth_cm"
LINE = b"000417,Achebe,990000000042,2026-03-28 12:00,4"
NAMES, CELLS = (line.decode().split(",") for line in (HEADER, LINE))
GOOD = dict(zip(NAMES, CELLS, strict=True))


def row(**changes: Any) -> dict[str, Any]:
    """Return a good row, changed."""
    return GOOD | changes


# Given these rows, or this file: a reason, or what differs from a good row.
CASES: dict[str, tuple[Any, list[Any]]] = {
    # how many
    "there is no row": ([], []),
    "there is one row": ([row()], [{}]),
    "a row comes twice": ([row(), row()], [{}, "repeated"]),
    "two rows contradict": (
        [row(depth_cm="4"), row(depth_cm="9")],
        ["contradicted", "contradicted"],
    ),
    # what kind
    "all is null": ([dict.fromkeys(GOOD)], ["no report_id"]),
    "a field is missing": ([{"report_id": "1"}], ["reported_at is no time"]),
    "a row is no object": ([None], ["not a row"]),
    "a value is a list": ([row(depth_cm=[4, 5])], ["depth_cm is no number"]),
    "a text is a number": ([row(surname=7)], ["surname is no text"]),
    "a number is true": ([row(depth_cm=True)], ["depth_cm is no number"]),
    # numbers
    "a depth is zero": ([row(depth_cm=0)], [{"depth_cm": 0.0}]),
    "a depth is negative": ([row(depth_cm=-1)], ["depth_cm is not plausible"]),
    "a depth is NaN": ([row(depth_cm="nan")], ["depth_cm is not plausible"]),
    "a depth is inf": ([row(depth_cm="inf")], ["depth_cm is not plausible"]),
    "a depth is endless": ([row(depth_cm=10**400)], ["depth_cm is no number"]),
    "a depth has a unit": ([row(depth_cm="4 cm")], ["depth_cm is no number"]),
    # texts
    "a surname is NA": ([row(surname="NA")], [{"surname": "NA"}]),
    "a surname is None": ([row(surname="None")], [{"surname": "None"}]),
    "a surname is Null": ([row(surname="Null")], [{"surname": "Null"}]),
    "a surname is blank": ([row(surname=" ")], [{"surname": None}]),
    "a surname has accents": (
        [row(surname="Brontë")],
        [{"surname": "Brontë"}],
    ),
    "an accent stands alone": (
        [row(surname="Bronte\u0308")],
        [{"surname": "Brontë"}],
    ),
    # identifiers
    "an id has leading zeros": (
        [row(report_id="007")],
        [{"report_id": "007"}],
    ),
    "a UPRN is padded": ([row(uprn="000000000042")], [{"uprn": "42"}]),
    "a UPRN is unknown": ([row(uprn="")], [{"uprn": None}]),
    "a UPRN is only zeros": ([row(uprn="0000")], ["uprn is no UPRN"]),
    "a UPRN is too long": ([row(uprn="9" * 13)], ["uprn is no UPRN"]),
    "Excel met a UPRN": ([row(uprn="9.9E+11")], ["uprn is no UPRN"]),
    "digits are Arabic": ([row(uprn="٤٢")], ["uprn is no UPRN"]),
    # times
    "a time came twice": (
        [row(reported_at="2026-10-25 01:30")],
        ["reported_at was twice"],
    ),
    "a time came twice and has its zone": (
        [row(reported_at="2026-10-25T01:30+01:00")],
        [{"reported_at": datetime(2026, 10, 25, 0, 30, tzinfo=UTC)}],
    ),
    "a time never came": (
        [row(reported_at="2026-03-29 01:30")],
        ["reported_at never was"],
    ),
    "a time is a summer's": (
        [row(reported_at="2026-07-01 00:30")],
        [{"reported_at": datetime(2026, 6, 30, 23, 30, tzinfo=UTC)}],
    ),
    "a year leaps": (
        [row(reported_at="2024-02-29 12:00")],
        [{"reported_at": datetime(2024, 2, 29, 12, tzinfo=UTC)}],
    ),
    "a year does not leap": (
        [row(reported_at="2026-02-29 12:00")],
        ["reported_at is no time"],
    ),
    "a time means unknown": (
        [row(reported_at="1901-01-01"), row(reported_at="9999-12-31")],
        ["reported_at is not plausible", "reported_at is not plausible"],
    ),
    "a time is the latest": (
        [row(reported_at="2026-11-23T00:00Z")],
        [{"reported_at": UNTIL}],
    ),
    # files
    "a file is empty": (b"", []),
    "a file has only a header": (HEADER, []),
    "a file begins with a BOM": (
        b"\xef\xbb\xbf" + HEADER + b"\n" + LINE,
        [{}],
    ),
    "a file has Windows lines": (HEADER + b"\r\n" + LINE + b"\r\n", [{}]),
    "a cell holds a line break": (
        HEADER + b'\n1,"a\r\nb",,2026-03-28 12:00,4',
        [{"report_id": "1", "surname": "a\r\nb", "uprn": None}],
    ),
    "a file says NA": (
        HEADER + b"\n" + LINE.replace(b"Achebe", b"NA"),
        [{"surname": "NA"}],
    ),
}
# --8<-- [end:cases]
