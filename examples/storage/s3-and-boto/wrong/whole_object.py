"""Reads the whole object into memory, and then copies it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def count_lines(client: "S3Client", bucket: str, key: str) -> int:
    """Count the lines of an object that had better be small."""
    body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return len(body.decode().splitlines())
