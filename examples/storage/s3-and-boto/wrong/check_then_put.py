"""Looks first and writes then; between the two, another may write."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put_once(client: "S3Client", bucket: str, key: str, body: bytes) -> bool:
    """Write the object unless the key is taken, or so it seems."""
    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError:
        client.put_object(Bucket=bucket, Key=key, Body=body)
        return True
    return False
