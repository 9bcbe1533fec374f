"""Read a workbook from a shared drive; refuse what we cannot trust."""

# --8<-- [start:read_workbook]
import zipfile
from pathlib import Path
from typing import Any

import openpyxl

OLD_OR_LOCKED = bytes.fromhex("d0cf11e0a1b11ae1")
MOST_BYTES = 50_000_000


class WorkbookRefused(Exception):
    """The file is not read; says what its sender has to do."""


def read_workbook(path: Path, tab: str) -> list[list[Any]]:
    """Return the values of a tab; dates are dates, whatever the epoch.

    Raises:
        WorkbookRefused: with one sentence for the sender.
    """
    _look_at(path)
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        if tab not in book.sheetnames:
            raise WorkbookRefused(f"{path.name} has no tab {tab!r}")
        return [list(row) for row in book[tab].iter_rows(values_only=True)]
    finally:
        book.close()


def _look_at(path: Path) -> None:
    if path.name.startswith("~$"):
        raise WorkbookRefused(f"{path.name} says that the file is open")
    with path.open("rb") as file:
        start = file.read(8)
    if start == OLD_OR_LOCKED:
        raise WorkbookRefused(
            f"{path.name} has a password or an old format: save it as .xlsx"
        )
    if not zipfile.is_zipfile(path):
        raise WorkbookRefused(f"{path.name} is no workbook")
    with zipfile.ZipFile(path) as parts:
        if any(name.endswith("vbaProject.bin") for name in parts.namelist()):
            raise WorkbookRefused(
                f"{path.name} holds macros: save it without them"
            )
        if sum(part.file_size for part in parts.infolist()) > MOST_BYTES:
            raise WorkbookRefused(f"{path.name} is too large unpacked")


# --8<-- [end:read_workbook]
