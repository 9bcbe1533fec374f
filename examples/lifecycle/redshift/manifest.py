"""Name exactly the objects that COPY is to load."""

# --8<-- [start:manifest]
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def manifest(client: "S3Client", bucket: str, folder: str) -> str:
    """Return a COPY manifest of a folder's Parquet files, as JSON.

    Args:
        folder: with or without a slash at its end; ``2026-01-1`` is not
            ``2026-01-10``.

    Raises:
        LookupError: if there is nothing to load.
        botocore.exceptions.ClientError: if S3 refuses.
    """
    prefix = folder.rstrip("/") + "/"
    pages = client.get_paginator("list_objects_v2")
    entries = [
        {
            "url": f"s3://{bucket}/{found['Key']}",
            "mandatory": True,
            "meta": {"content_length": found["Size"]},
        }
        for page in pages.paginate(Bucket=bucket, Prefix=prefix)
        for found in page.get("Contents", [])
        if found["Key"].endswith(".parquet")
    ]
    if not entries:
        raise LookupError(f"s3://{bucket}/{prefix}: no Parquet file")
    return json.dumps({"entries": entries}, indent=2)


# --8<-- [end:manifest]
