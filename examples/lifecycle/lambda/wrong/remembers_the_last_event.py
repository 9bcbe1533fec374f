import csv
import gzip
import hashlib
import json
import os
from typing import Any
from urllib.parse import unquote_plus

import boto3

S3 = boto3.client("s3")
ROWS: list[dict[str, Any]] = []


def handler(event: dict[str, Any], context: object) -> list[str]:
    found = event["Records"][0]["s3"]
    bucket, key = found["bucket"]["name"], unquote_plus(found["object"]["key"])
    content = S3.get_object(Bucket=bucket, Key=key)["Body"].read()
    ROWS.extend(csv.DictReader(content.decode().splitlines()))
    body = gzip.compress("\n".join(map(json.dumps, ROWS)).encode(), mtime=0)
    target = f"raw/uploads/{hashlib.sha256(content).hexdigest()}.jsonl.gz"
    S3.put_object(Bucket=os.environ["RAW_BUCKET"], Key=target, Body=body)
    return [target]
