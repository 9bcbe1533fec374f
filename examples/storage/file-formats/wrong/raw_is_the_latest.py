from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def keep(s3: "S3Client", bucket: str, ingested: date, reply: bytes) -> str:
    key = f"raw/readings/{ingested:%Y%m%d}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=reply)
    return key
