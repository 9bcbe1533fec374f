"""Parses what arrives, and keeps what it needed that day."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def extract(
    s3: "S3Client",
    bucket: str,
    window_start: datetime,
    ask: Callable[[], bytes],
) -> str:
    """Keep the columns that the report shows."""
    key = f"raw/readings/window_start={window_start:%Y-%m-%dT%H%MZ}.json"
    kept = [
        {"at": item["dateTime"], "value": item["value"]}
        for item in json.loads(ask())["items"]
    ]
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps({"items": kept}))
    return key


def load(
    s3: "S3Client",
    bucket: str,
    key: str,
    parse: Callable[[dict[str, Any]], dict[str, Any]],
) -> list[dict[str, Any]]:
    """Read what was kept."""
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return [parse(item) for item in json.loads(body)["items"]]
