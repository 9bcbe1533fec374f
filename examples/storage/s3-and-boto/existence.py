"""Ask whether an object exists, without mistaking "no" for "not allowed"."""

# --8<-- [start:exists]
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def exists(client: "S3Client", bucket: str, key: str) -> bool:
    """Whether the object is there.

    Raises:
        ClientError: if S3 refuses to say, or fails.
    """
    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return False
        raise
    return True


# --8<-- [end:exists]
