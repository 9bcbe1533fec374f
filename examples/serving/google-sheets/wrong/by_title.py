from collections.abc import Mapping
from typing import Any


def range_of(spreadsheet: Mapping[str, Any], tab: int) -> str:
    titles = [one["properties"]["title"] for one in spreadsheet["sheets"]]
    return f"'{'Gullies' if 'Gullies' in titles else titles[0]}'"
