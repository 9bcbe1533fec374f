"""What each format gives back of what was put in."""

# --8<-- [start:values]
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isnan
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from csv_files import read_from_machines, write_for_machines

SCHEMA = pa.schema(
    {
        "account": pa.string(),
        "surname": pa.string(),
        "note": pa.string(),
        "phone": pa.string(),
        "visits": pa.int64(),
        "big_id": pa.int64(),
        "paid": pa.decimal128(9, 2),
        "at": pa.timestamp("us", tz="UTC"),
        "day": pa.date32(),
    }
)
FIRST: dict[str, object] = {
    "account": "007141",
    "surname": "NA",
    "note": "",
    "phone": None,
    "visits": 3,
    "big_id": 2**53 + 1,
    "paid": Decimal("0.10"),
    "at": datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
    "day": date(2026, 3, 29),
}
SECOND = FIRST | {"account": "123456", "phone": "x", "visits": None}
# --8<-- [end:values]


def csv_guessed(table: pa.Table, path: Path) -> pd.DataFrame:
    """Write and read CSV without saying what its columns are."""
    table.to_pandas().to_csv(path, index=False)
    return pd.read_csv(path)


def csv_declared(table: pa.Table, path: Path) -> pa.Table:
    """Write and read CSV with a schema."""
    write_for_machines(table, path)
    return read_from_machines(path, SCHEMA)


def json_lines(table: pa.Table, path: Path) -> pd.DataFrame:
    """Write and read an object a line."""
    frame = table.to_pandas()
    frame.to_json(path, orient="records", lines=True, date_format="iso")
    return pd.read_json(path, lines=True)


def xlsx(table: pa.Table, path: Path) -> pd.DataFrame:
    """Write and read a workbook, which can hold no zone."""
    frame = table.to_pandas()
    frame["at"] = frame["at"].dt.tz_localize(None)
    frame.to_excel(path, index=False)
    return pd.read_excel(path)


def parquet(table: pa.Table, path: Path) -> pa.Table:
    """Write and read Parquet."""
    pq.write_table(table, path)
    return pq.read_table(path)


Format = Callable[[pa.Table, Path], "pa.Table | pd.DataFrame"]
FORMATS: dict[str, tuple[str, Format]] = {
    "CSV guessed": ("a.csv", csv_guessed),
    "JSON lines": ("c.jsonl", json_lines),
    "XLSX": ("d.xlsx", xlsx),
    "CSV declared": ("b.csv", csv_declared),
    "Parquet": ("e.parquet", parquet),
}


def first_row(found: "pa.Table | pd.DataFrame") -> dict[str, object]:
    """Return the first row of what came back."""
    if isinstance(found, pd.DataFrame):
        return {str(k): v for k, v in found.to_dict("records")[0].items()}
    return dict(found.to_pylist()[0])


def fate(given: object, got: object) -> str:
    """Say in a word or two what became of a value."""
    is_null = got is None or (isinstance(got, float) and isnan(got))
    if is_null or given is None:
        return "kept" if is_null and given is None else "null"
    if type(got) is type(given) and got == given:
        return "kept"
    if isinstance(got, str):
        return "text"
    if isinstance(got, pd.Timestamp):
        return "no zone, ms" if isinstance(given, datetime) else "a time"
    return repr(got)


def compare(folder: Path) -> dict[str, dict[str, str]]:
    """Return for each value what each format made of it."""
    table = pa.Table.from_pylist([FIRST, SECOND], schema=SCHEMA)
    found: dict[str, dict[str, str]] = {name: {} for name in FIRST}
    for title, (name, round_trip) in FORMATS.items():
        row = first_row(round_trip(table, folder / name))
        for column, given in FIRST.items():
            found[column][title] = fate(given, row[column])
    return found
