"""Takes every error for "the object is not there"."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def exists(client: "S3Client", bucket: str, key: str) -> bool:
    """Whether the object is there, or access is denied, or S3 is down."""
    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True
