"""Keep every reply as it came."""

# --8<-- [start:keep]
import gzip
import hashlib
from datetime import date
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def keep(s3: "S3Client", bucket: str, ingested: date, reply: bytes) -> str:
    """Store a reply under its ingest date and its digest; return the key.

    The same reply again changes nothing. Raises ClientError.
    """
    digest = hashlib.sha256(reply).hexdigest()
    key = f"raw/readings/ingest_date={ingested:%Y-%m-%d}/{digest}.json.gz"
    body = gzip.compress(reply, mtime=0)  # the same bytes on every run
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
    return key


# --8<-- [end:keep]
