from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook


def write_workbook(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]
) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(columns))
    for row in rows:
        sheet.append([row[name] for name in columns])
    book.save(path)
