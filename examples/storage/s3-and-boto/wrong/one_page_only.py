"""Lists the first 1,000 keys, and fails where there are none."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def list_keys(client: "S3Client", bucket: str, prefix: str) -> list[str]:
    """Return the keys of the first page only."""
    page = client.list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [found["Key"] for found in page["Contents"]]
