"""Read a sheet that people edit, and tell its owner what is wrong where."""

# --8<-- [start:contract]
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

EPOCH = date(1899, 12, 30)
LAST_SERIAL = 2_958_465  # 9999-12-31

type Cell = str | float | bool | None


class SheetRefused(Exception):
    """The whole sheet cannot be used; says why, in words for its owner."""


@dataclass(frozen=True)
class Contract:
    """What was agreed about a tab.

    Attributes:
        columns: kind by heading: text, number, date, or ``yes or no``.
        most_rows_lost: share of rows by which a sheet may shrink at once.
    """

    header_row: int
    columns: Mapping[str, str]
    may_be_empty: frozenset[str]
    most_rows_lost: float = 0.3


@dataclass
class Sheet:
    """What a tab held.

    Attributes:
        rows: those without a fault, values by heading.
        faults: a sentence each, the cell first, for the owner of the sheet.
        extra: headings that nobody agreed on; not read.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)


# --8<-- [end:contract]
# --8<-- [start:read]
def read(
    values: Sequence[Sequence[Cell]], contract: Contract, rows_before: int
) -> Sheet:
    """Turn the values of a tab into rows.

    Args:
        values: as ``values.get`` returns them with UNFORMATTED_VALUE and
            SERIAL_NUMBER; blank cells at the end of a row are missing.
        rows_before: how many rows the last run read; 0 on the first.

    Raises:
        SheetRefused: if headings are missing or doubled, or if the sheet
            lost too many rows.
    """
    places, extra = _places(values, contract)
    sheet = Sheet(extra=extra)
    filled = 0
    for number, cells in enumerate(values, 1):
        if number <= contract.header_row or not any(_texts(cells)):
            continue
        filled += 1
        row, faults = _row(number, cells, places, contract)
        sheet.faults += faults
        if not faults:
            sheet.rows.append(row)
    if filled < rows_before * (1 - contract.most_rows_lost):
        raise SheetRefused(
            f"the sheet has {filled} rows and had {rows_before}: if that is "
            "meant, tell the data team"
        )
    return sheet


def _places(
    values: Sequence[Sequence[Cell]], contract: Contract
) -> tuple[dict[str, int], list[str]]:
    """Return the column of each agreed heading, and the other headings."""
    at = contract.header_row
    headings = _texts(values[at - 1]) if len(values) >= at else []
    missing = [name for name in contract.columns if name not in headings]
    if missing:
        raise SheetRefused(
            f"row {at} has no heading {missing[0]!r}: put it back, or tell "
            "the data team its new name"
        )
    for name in contract.columns:
        if headings.count(name) > 1:
            raise SheetRefused(f"row {at} has {name!r} twice: rename one")
    places = {name: headings.index(name) for name in contract.columns}
    return places, [h for h in headings if h and h not in contract.columns]


def _texts(cells: Sequence[Cell]) -> list[str]:
    return ["" if c is None else str(c).strip() for c in cells]


# --8<-- [end:read]
# --8<-- [start:cells]
def _row(
    number: int,
    cells: Sequence[Cell],
    places: Mapping[str, int],
    contract: Contract,
) -> tuple[dict[str, Any], list[str]]:
    row: dict[str, Any] = {}
    faults: list[str] = []
    for name, place in places.items():
        cell = cells[place] if place < len(cells) else None
        if isinstance(cell, str):
            cell = cell.strip()
        if cell in (None, ""):
            row[name] = None
            if name not in contract.may_be_empty:
                faults.append(f"{address(number, place)}: {name} is empty")
            continue
        try:
            row[name] = convert(cell, contract.columns[name])
        except ValueError as error:
            faults.append(f"{address(number, place)}: {name} {error}")
    return row, faults


def address(row: int, column: int) -> str:
    """Return what people call a cell: ``C7`` for row 7 and column 2."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


def convert(cell: Cell, kind: str) -> Any:
    """Convert a cell that is not empty.

    Raises:
        ValueError: with what the owner of the sheet has to do.
    """
    if isinstance(cell, str) and cell.startswith("#"):
        raise ValueError(f"shows {cell}: mend the formula")
    if kind == "text":
        return _text(cell)
    if kind == "yes or no":
        return _yes_or_no(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        example = "31/12/2026" if kind == "date" else "12.5"
        raise ValueError(f"is {cell!r}: type a {kind}, as {example}")
    return _date(cell) if kind == "date" else float(cell)


def _text(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if not isinstance(cell, str):
        raise ValueError(
            f"is the number {cell}: format the column as plain text, and "
            "type it again with its leading zeros"
        )
    return cell


def _yes_or_no(cell: Cell) -> bool:
    known = {"yes": True, "y": True, "no": False, "n": False}
    if isinstance(cell, bool):
        return cell
    if str(cell).lower() in known:
        return known[str(cell).lower()]
    raise ValueError(f"is {cell!r}: write yes or no")


def _date(serial: float) -> date:
    """Count days from 30 December 1899, as Google Sheets does."""
    if not 1 <= serial <= LAST_SERIAL:
        raise ValueError(f"is {serial:.10g}, which is no date: type it again")
    return EPOCH + timedelta(days=int(serial))


# --8<-- [end:cells]
# --8<-- [start:report]
def report(sheet: Sheet) -> Iterator[str]:
    """Yield the lines to send to the owner, the reading's outcome first."""
    yield f"{len(sheet.rows)} rows read, {len(sheet.faults)} cells to mend"
    yield from sheet.faults
    for heading in sheet.extra:
        yield f"Column {heading!r} is not read: nobody agreed on it"


# --8<-- [end:report]
