import csv
import gzip
import json
import os
from typing import Any
from urllib.parse import unquote_plus
from uuid import uuid4

import boto3

S3 = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> list[str]:
    found = event["Records"][0]["s3"]
    bucket, key = found["bucket"]["name"], unquote_plus(found["object"]["key"])
    content = S3.get_object(Bucket=bucket, Key=key)["Body"].read()
    rows = list(csv.DictReader(content.decode().splitlines()))
    body = gzip.compress("\n".join(map(json.dumps, rows)).encode())
    target = f"raw/uploads/{uuid4()}.jsonl.gz"
    S3.put_object(Bucket=os.environ["RAW_BUCKET"], Key=target, Body=body)
    return [target]
