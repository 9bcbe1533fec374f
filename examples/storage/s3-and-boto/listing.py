"""List every key under a prefix, however many there are."""

# --8<-- [start:list_keys]
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def list_keys(client: "S3Client", bucket: str, prefix: str) -> Iterator[str]:
    """Yield the keys under a prefix; S3 sends at most 1,000 at a time."""
    pages = client.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):  # absent if there are none
            yield found["Key"]


# --8<-- [end:list_keys]
