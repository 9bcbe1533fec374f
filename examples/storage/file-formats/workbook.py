"""A workbook that keeps text as text."""

# --8<-- [start:workbook]
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook

type Value = str | int | float | Decimal | datetime | date | None


def write_workbook(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Value]]
) -> None:
    """Write an XLSX file: text stays text, times become ISO text in UTC."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(columns))
    for number, row in enumerate(rows, start=2):
        for column, name in enumerate(columns, start=1):
            value = row[name]
            if isinstance(value, datetime):
                value = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            cell = sheet.cell(number, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # or "=…" becomes a formula
                cell.number_format = "@"
    book.save(path)


# --8<-- [end:workbook]
