"""Lambda: keep the rows of each CSV file that arrives, once.

Takes events of S3. Settings: ``RAW_BUCKET``, where the rows go. It is another
bucket than the one that sends the events, or each file would send the next.
"""

# --8<-- [start:handler]
import csv
import gzip
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 3},
)
S3 = boto3.client("s3", config=CONFIG)  # made once; warm events find it open
COLUMNS = ["gauge", "observed_at", "level_m"]
MOST_BYTES = 5_000_000


class BadFile(Exception):
    """A file that no second try makes better; the message names it."""


def handler(event: Mapping[str, Any], context: object) -> list[str]:
    """Keep the files that an event of S3 names; return where.

    Raises:
        BadFile: for Lambda, which tries again and then keeps the event.
        ClientError: if S3 refuses.
    """
    return [
        keep(found["bucket"]["name"], unquote_plus(found["object"]["key"]))
        for found in (record["s3"] for record in event["Records"])
    ]


def keep(bucket: str, key: str) -> str:
    """Write the rows of a file; its content decides under which key."""
    got = S3.get_object(Bucket=bucket, Key=key)
    with closing(got["Body"]) as body:
        content = body.read(MOST_BYTES + 1)
    lines = [json.dumps(row) for row in rows(key, content)]
    target = f"raw/uploads/{hashlib.sha256(content).hexdigest()}.jsonl.gz"
    packed = gzip.compress("\n".join(lines).encode(), mtime=0)
    put_new(os.environ["RAW_BUCKET"], target, packed)
    return target


def rows(name: str, content: bytes) -> list[dict[str, str]]:
    """Read a CSV file; values stay text.

    Raises:
        BadFile: if it is too large, is not UTF-8 or has other columns.
    """
    if len(content) > MOST_BYTES:
        raise BadFile(f"{name}: over {MOST_BYTES:,} bytes")
    try:
        reader = csv.DictReader(content.decode("utf-8-sig").splitlines())
    except UnicodeDecodeError as error:
        raise BadFile(f"{name}: is not UTF-8") from error
    if reader.fieldnames != COLUMNS:
        raise BadFile(f"{name}: its columns are not {', '.join(COLUMNS)}")
    return list(reader)


def put_new(bucket: str, key: str, body: bytes) -> None:
    """Write an object unless its key is taken: then it is there already."""
    try:
        S3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise


# --8<-- [end:handler]
