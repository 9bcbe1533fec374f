from collections.abc import Sequence
from datetime import datetime
from typing import Any


def replacement(
    tab: int,
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    as_of: datetime,
) -> dict[str, Any]:
    return {
        "range": "Data!A1",
        "valueInputOption": "USER_ENTERED",
        "values": [list(header), *(list(row) for row in rows)],
    }
