"""Find a tab by its number: people rename tabs."""

# --8<-- [start:range_of]
from collections.abc import Mapping
from typing import Any


def range_of(spreadsheet: Mapping[str, Any], tab: int) -> str:
    """Return the range that covers a tab, whatever it is called today.

    Args:
        spreadsheet: from ``spreadsheets.get`` with
            ``fields=sheets.properties(sheetId,title)``.
        tab: the number after ``gid=`` in the address.

    Raises:
        LookupError: if the tab was deleted.
    """
    for sheet in spreadsheet["sheets"]:
        if sheet["properties"]["sheetId"] == tab:
            title = sheet["properties"]["title"].replace("'", "''")
            return f"'{title}'"
    raise LookupError(f"the tab gid={tab} was deleted: restore it")


# --8<-- [end:range_of]
