"""Lands everything, and takes the people out afterwards."""

import json
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def collect(
    connection: psycopg.Connection[object],
    s3: "S3Client",
    bucket: str,
    key: str,
    secret: bytes,
) -> None:
    """Land the reports, then write them anew without names."""
    query = "SELECT * FROM flood_reports ORDER BY report_id"
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query).fetchall()
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(rows, default=str))
    for row in rows:
        for column in ("name", "email", "phone", "uprn"):
            del row[column]
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(rows, default=str))
