import gzip
import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import boto3


def trace(
    connection: Any, query: str, bucket: str, measure_id: str, local_date: date
) -> SimpleNamespace:
    s3 = boto3.client("s3")
    listed = s3.list_objects_v2(
        Bucket=bucket, Prefix="raw/flood_monitoring/readings/"
    )["Contents"]
    items = []
    for found in sorted(listed, key=lambda f: f["LastModified"]):
        body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        for item in json.loads(gzip.decompress(body))["items"]:
            is_day = item["dateTime"].startswith(str(local_date))
            if is_day and item["measure"].endswith(measure_id):
                items.append((found["LastModified"], item))
    newest = [i for at, i in items if at == items[-1][0]]
    best = max(newest, key=lambda item: float(item["value"]))
    return SimpleNamespace(value=float(best["value"]), item=best)
