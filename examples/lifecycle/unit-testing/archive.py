"""Keep a report's file."""

# --8<-- [start:store]
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def store(client: "S3Client", bucket: str, key: str, body: bytes) -> None:
    """Write the file under its key."""
    client.put_object(
        Bucket=bucket, Key=key, Body=body, ContentType="text/csv"
    )


# --8<-- [end:store]
