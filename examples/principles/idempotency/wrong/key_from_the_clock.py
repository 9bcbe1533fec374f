"""Names an object by the moment of writing: every rerun adds a copy."""

import gzip
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def put_reply(client: "S3Client", bucket: str, body: bytes) -> tuple[str, str]:
    """Store the body of a reply under a key that nobody will meet again."""
    key = f"raw/flood_monitoring/readings/{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    client.put_object(Bucket=bucket, Key=key, Body=gzip.compress(body))
    return key, hashlib.sha256(body).hexdigest()
