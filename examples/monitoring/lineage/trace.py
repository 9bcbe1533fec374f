"""From a published number back to the bytes that the source sent."""

# --8<-- [start:trace]
import gzip
import hashlib
import json
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import boto3
import psycopg


@dataclass(frozen=True)
class Origin:
    """Where the day's highest level comes from. Times are UTC."""

    observed_at: datetime
    value: float
    object_key: str
    sha256: str
    url: str
    run_id: str
    code_version: str
    item: dict[str, Any]


def trace(
    connection: psycopg.Connection[Any],
    query: str,
    bucket: str,
    measure_id: str,
    local_date: date,
) -> Origin:
    """Return the origin of ``highest`` in ``serving.river_levels_daily``.

    Args:
        query: the text of trace.sql.

    Raises:
        LookupError: if a link of the chain is missing.
        ValueError: if the object is not what was stored.
    """
    key = {"measure_id": measure_id, "local_date": local_date}
    row = connection.execute(query, key).fetchone()
    if row is None:
        raise LookupError(f"no origin for {measure_id} on {local_date}")
    observed_at, value, object_key, sha256, url, run_id, code = row
    got = boto3.client("s3").get_object(Bucket=bucket, Key=object_key)
    with closing(got["Body"]) as stream:
        body = gzip.decompress(stream.read())
    if hashlib.sha256(body).hexdigest() != sha256:
        raise ValueError(f"s3://{bucket}/{object_key} was changed")
    moment = f"{observed_at:%Y-%m-%dT%H:%M:%SZ}"
    for item in json.loads(body)["items"]:
        if item["dateTime"] == moment and item["measure"].endswith(measure_id):
            return Origin(
                observed_at,
                value,
                object_key,
                sha256,
                url,
                str(run_id),
                code,
                item,
            )
    raise LookupError(f"{object_key} holds no reading at {moment}")


# --8<-- [end:trace]
