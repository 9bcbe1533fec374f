"""Takes the ETag for the MD5 of the object; beyond 8 MB it is not."""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def is_intact(client: "S3Client", bucket: str, key: str) -> bool:
    """Whether the object is what its ETag says, if that said anything."""
    got = client.get_object(Bucket=bucket, Key=key)
    md5 = hashlib.md5(got["Body"].read()).hexdigest()
    return md5 == got["ETag"].strip('"')
