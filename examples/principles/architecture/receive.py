"""Take what a supplier sends, and load it: two steps, one after the other."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

type Parse = Callable[[dict[str, Any]], dict[str, Any]]


def extract(
    s3: "S3Client",
    bucket: str,
    window_start: datetime,
    ask: Callable[[], bytes],
) -> str:
    """Keep what the supplier sends, byte for byte; return its key.

    Args:
        s3: client of the store.
        bucket: of the raw zone.
        window_start: in UTC; names the object.
        ask: asks the supplier once.
    """
    key = f"raw/readings/window_start={window_start:%Y-%m-%dT%H%MZ}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=ask())
    return key


def load(
    s3: "S3Client", bucket: str, key: str, parse: Parse
) -> list[dict[str, Any]]:
    """Read what was kept, and parse it: as often as it takes."""
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return [parse(item) for item in json.loads(body)["items"]]
