"""A prefix is taken for a folder."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def manifest(client: "S3Client", bucket: str, folder: str) -> str:
    """Return a COPY manifest of a folder's Parquet files, as JSON."""
    found = client.list_objects_v2(Bucket=bucket, Prefix=folder)["Contents"]
    entries = [{"url": f"s3://{bucket}/{one['Key']}"} for one in found]
    return json.dumps({"entries": entries}, indent=2)
