"""Write rows into a tab of their own, all at once or not at all."""

# --8<-- [start:replacement]
from collections.abc import Sequence
from datetime import datetime
from typing import Any

type Value = str | float | bool | None


def replacement(
    tab: int,
    header: Sequence[str],
    rows: Sequence[Sequence[Value]],
    as_of: datetime,
) -> dict[str, Any]:
    """Return the body of one ``spreadsheets.batchUpdate``.

    Both steps happen, or none. What a row holds stays what it is: a text
    that begins with ``=`` is never a formula.

    Args:
        tab: ``sheetId`` of a tab that nobody types into.
        as_of: of the data, UTC; stands in the first row.
    """
    note = f"As of {as_of:%d %B %Y, %H:%M} UTC. Do not edit: it is replaced."
    lines: list[Sequence[Value]] = [[note], header, *rows]
    return {
        "requests": [
            {"updateCells": {"range": {"sheetId": tab}, "fields": "*"}},
            {
                "updateCells": {
                    "start": {
                        "sheetId": tab,
                        "rowIndex": 0,
                        "columnIndex": 0,
                    },
                    "rows": [
                        {"values": [_cell(value) for value in line]}
                        for line in lines
                    ],
                    "fields": "userEnteredValue",
                }
            },
        ]
    }


def _cell(value: Value) -> dict[str, Any]:
    if value is None:
        return {}
    kind = "stringValue"
    if isinstance(value, bool):
        kind = "boolValue"
    elif isinstance(value, int | float):
        kind = "numberValue"
    return {"userEnteredValue": {kind: value}}


# --8<-- [end:replacement]
