"""The refined zone: days of typed Parquet, each with a manifest."""

# --8<-- [start:schema]
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEMA_VERSION = 1
READINGS = pa.schema(
    [
        pa.field("measure_id", pa.string(), nullable=False),
        pa.field("observed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("ingested_at", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)


def typed(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Return rows as a table of READINGS, its times in UTC.

    Raises:
        ValueError: if a time has no zone.
    """
    for row in rows:
        for name in ("observed_at", "ingested_at"):
            at = row[name]
            if not isinstance(at, datetime) or at.utcoffset() is None:
                raise ValueError(f"{name}: {at} has no zone")
    return pa.Table.from_pylist(rows, schema=READINGS)


# --8<-- [end:schema]


# --8<-- [start:publish]
class Damaged(Exception):
    """A part is not what its manifest says."""


@dataclass(frozen=True)
class Part:
    """One object of a partition, as it was when it was written."""

    name: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What belongs to a partition; what it does not name does not."""

    schema_version: int
    run_id: str
    parts: tuple[Part, ...]


def prefix(day: date) -> str:
    """Return where a day lies (UTC, by the time of the event)."""
    return f"refined/readings/window_date={day:%Y-%m-%d}/"


def encode(table: pa.Table) -> bytes:
    """Return a table as Parquet; the same rows give the same bytes."""
    ordered = table.sort_by(
        [("measure_id", "ascending"), ("observed_at", "ascending")]
    )
    buffer = io.BytesIO()
    pq.write_table(ordered, buffer, compression="zstd")
    return buffer.getvalue()


def publish(
    s3: "S3Client",
    bucket: str,
    day: date,
    tables: Iterable[pa.Table],
    run_id: str,
) -> Manifest:
    """Replace a day: its parts first, its manifest last, then tidy up.

    Killed anywhere, it leaves the old day or the new one. Raises
    ClientError.
    """
    folder, parts = prefix(day), []
    for table in tables:
        body = encode(table)
        digest = hashlib.sha256(body).hexdigest()
        name = f"part-{digest[:16]}.parquet"
        s3.put_object(Bucket=bucket, Key=folder + name, Body=body)
        parts.append(Part(name, table.num_rows, len(body), digest))
    manifest = Manifest(SCHEMA_VERSION, run_id, tuple(parts))
    text = json.dumps(asdict(manifest), indent=1)
    s3.put_object(
        Bucket=bucket, Key=f"{folder}_manifest.json", Body=text.encode()
    )
    remove_unnamed(s3, bucket, folder, manifest)
    return manifest


def remove_unnamed(
    s3: "S3Client", bucket: str, folder: str, manifest: Manifest
) -> None:
    """Delete the Parquet objects of a folder that no manifest names."""
    named = {folder + part.name for part in manifest.parts}
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=folder):
        for found in page.get("Contents", []):
            key = found["Key"]
            if key.endswith(".parquet") and key not in named:
                s3.delete_object(Bucket=bucket, Key=key)


# --8<-- [end:publish]


# --8<-- [start:read]
def manifest_of(s3: "S3Client", bucket: str, day: date) -> Manifest | None:
    """Return a day's manifest, None if the day was never published."""
    key = f"{prefix(day)}_manifest.json"
    try:
        reply = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    said = json.loads(reply["Body"].read())
    said["parts"] = tuple(Part(**part) for part in said["parts"])
    return Manifest(**said)


def read_day(s3: "S3Client", bucket: str, day: date) -> pa.Table:
    """Return the rows of a day; none if it was never published.

    Raises:
        Damaged: if a part is not the one that was written.
        ClientError: if a part is gone.
    """
    manifest = manifest_of(s3, bucket, day)
    tables = [READINGS.empty_table()]
    for part in manifest.parts if manifest else ():
        key = prefix(day) + part.name
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        if hashlib.sha256(body).hexdigest() != part.sha256:
            raise Damaged(f"{key}: not the {part.bytes} bytes written")
        tables.append(pq.read_table(io.BytesIO(body)))
    return pa.concat_tables(tables)


# --8<-- [end:read]


# --8<-- [start:compact]
def compact(s3: "S3Client", bucket: str, day: date, run_id: str) -> Manifest:
    """Replace a day's small parts by one, and lose no row.

    Raises:
        ValueError: if the day was never published, or rows would be lost.
        Damaged: if a part is not what the manifest says.
    """
    before = manifest_of(s3, bucket, day)
    if before is None:
        raise ValueError(f"{day}: nothing to compact")
    table = read_day(s3, bucket, day)
    expected = sum(part.rows for part in before.parts)
    if table.num_rows != expected:
        raise ValueError(f"{day}: {table.num_rows} rows, not {expected}")
    return publish(s3, bucket, day, [table], run_id)


# --8<-- [end:compact]


# --8<-- [start:refine]
KEY = ["measure_id", "observed_at"]


def refine(
    s3: "S3Client", bucket: str, arrived: pa.Table, run_id: str
) -> list[date]:
    """Rewrite each day that the arrived rows belong to; return the days.

    Of two rows with one key the one ingested last stays, so that runs may
    come twice and in any order.
    """
    days = []
    for day, rows in by_event_day(arrived):
        known = read_day(s3, bucket, day)
        newest = newest_of_each(pa.concat_tables([known, rows]))
        publish(s3, bucket, day, [newest], run_id)
        days.append(day)
    return days


def by_event_day(table: pa.Table) -> Iterator[tuple[date, pa.Table]]:
    """Yield each UTC day of a table, in order, with its rows."""
    days = table["observed_at"].cast(pa.date32())
    for day in sorted(pc.unique(days).to_pylist()):
        yield day, table.filter(pc.equal(days, pa.scalar(day, pa.date32())))


def newest_of_each(table: pa.Table) -> pa.Table:
    """Keep of each key the row that was ingested last."""
    ordered = table.sort_by([("ingested_at", "ascending")])
    numbers = pa.array(range(ordered.num_rows))
    last = (
        ordered.append_column("number", numbers)
        .group_by(KEY)
        .aggregate([("number", "max")])
    )
    return ordered.take(last["number_max"])


# --8<-- [end:refine]
