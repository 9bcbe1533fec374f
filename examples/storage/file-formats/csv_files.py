"""CSV at the edges: one dialect for machines, one for people."""

# --8<-- [start:machines]
import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc


def write_for_machines(table: pa.Table, path: Path) -> None:
    """Write UTF-8, quoted, ISO 8601 in UTC; a null has no quotes."""
    quoted = pc.WriteOptions(quoting_style="all_valid")
    pc.write_csv(table, path, quoted)


def read_from_machines(path: Path, schema: pa.Schema) -> pa.Table:
    """Read what ``write_for_machines`` wrote, with its types.

    Raises:
        pyarrow.ArrowInvalid: if a value is not of its column's type.
    """
    options = pc.ConvertOptions(
        column_types=schema,
        include_columns=schema.names,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    return pc.read_csv(path, convert_options=options)


# --8<-- [end:machines]


# --8<-- [start:people]
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def cell(value: object) -> str:
    """Return a value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        begins = value.lstrip()  # some programs skip blanks
        is_risky = begins.startswith(FORMULA) or value[:1] in {*"\t\r\n"}
        return f"'{value}" if is_risky else value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def write_for_people(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]
) -> None:
    """Write a CSV that opens in Excel with its accents and no formula.

    It is changed on purpose: never load it again.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([cell(row[name]) for name in columns])


# --8<-- [end:people]
