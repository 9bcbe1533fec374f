"""Wrong: in a bucket with versions, this hides the objects and keeps them."""

from datetime import date
from typing import Any


def erase(
    s3: Any, bucket: str, prefix: str, connection: Any, before: date
) -> None:
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
    for found in listed.get("Contents", []):
        if found["Key"].split("day=")[1][:10] < before.isoformat():
            s3.delete_object(Bucket=bucket, Key=found["Key"])
    connection.execute(
        "DELETE FROM raw.flood_reports WHERE reported_on < %s", (before,)
    )
