"""Delete what is too old, in every copy, and count what is left."""

# --8<-- [start:retention]
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

DAY = re.compile(r"/day=(\d{4}-\d{2}-\d{2})/")
BATCH = 1_000  # the most that S3 deletes at once


class NotErased(Exception):
    """Something is left that should be gone; one line says what."""


@dataclass(frozen=True, slots=True)
class Erased:
    """The proof, for the run ledger: counts, and no names."""

    before: date
    versions: int
    rows: int


def versions_before(
    s3: "S3Client", bucket: str, prefix: str, before: date
) -> Iterator["ObjectIdentifierTypeDef"]:
    """Yield versions and delete markers of days before a day."""
    pages = s3.get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for entry in [
            *page.get("Versions", []),
            *page.get("DeleteMarkers", []),
        ]:
            day = DAY.search(entry["Key"])
            if day and date.fromisoformat(day[1]) < before:
                yield {"Key": entry["Key"], "VersionId": entry["VersionId"]}


def erase(
    s3: "S3Client",
    bucket: str,
    prefix: str,
    connection: psycopg.Connection[Any],
    before: date,
) -> Erased:
    """Erase raw objects and rows of days before a day, then look again.

    Raises:
        NotErased: if anything is left, such as a locked version.
    """
    old = list(versions_before(s3, bucket, prefix, before))
    for start in range(0, len(old), BATCH):
        s3.delete_objects(
            Bucket=bucket,
            Delete={"Objects": old[start : start + BATCH], "Quiet": True},
        )
    rows = connection.execute(
        "DELETE FROM raw.flood_reports WHERE reported_on < %s", (before,)
    ).rowcount
    left = sum(1 for _ in versions_before(s3, bucket, prefix, before))
    if left:
        raise NotErased(f"{left} versions are left below {prefix}")
    return Erased(before, len(old), rows)


def overdue_snapshots(rds: "RDSClient", before: datetime) -> list[str]:
    """Return the manual snapshots that still hold what was erased."""
    pages = rds.get_paginator("describe_db_snapshots")
    return [
        snapshot["DBSnapshotIdentifier"]
        for page in pages.paginate(SnapshotType="manual")
        for snapshot in page["DBSnapshots"]
        if snapshot["SnapshotCreateTime"] < before
    ]


# --8<-- [end:retention]
