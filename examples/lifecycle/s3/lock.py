"""Lock an object that the law wants kept, and nothing else."""

# --8<-- [start:lock]
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def keep_until(
    client: "S3Client", bucket: str, key: str, body: bytes, until: datetime
) -> str:
    """Store evidence that nobody can delete; return its version.

    Args:
        bucket: made with Object Lock, without a default for its objects.
        until: with its zone. Root cannot shorten it either.
    """
    stored = client.put_object(
        Bucket=bucket,
        Key=key,
        Body=body,
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=until,
    )
    return stored["VersionId"]


# --8<-- [end:lock]
