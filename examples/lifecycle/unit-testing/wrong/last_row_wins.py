"""Of two rows with one id, the later in the file is taken for the truth."""

# mypy: disable-error-code="import-not-found"

# --8<-- [start:wrong]
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flood_reports import Refused, Report, parse


def parse_all(rows: Sequence[Any], until: datetime) -> list[Report | Refused]:
    last: dict[str, Report] = {}
    refused: list[Refused] = []
    for row in rows:
        verdict = parse(row, until)
        if isinstance(verdict, Report):
            last[verdict.report_id] = verdict
        else:
            refused.append(verdict)
    return [*last.values(), *refused]


# --8<-- [end:wrong]
