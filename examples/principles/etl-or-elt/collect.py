"""Take from the council's database what the purpose needs, and no more."""

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

QUERY = """
    SELECT report_id, ward, reported_on, uprn
    FROM flood_reports
    ORDER BY report_id
"""


def collect(
    connection: psycopg.Connection[object],
    s3: "S3Client",
    bucket: str,
    key: str,
    secret: bytes,
) -> None:
    """Land the reports without the people.

    Args:
        connection: to the source, with a read-only role.
        s3: client of the store.
        bucket: of the raw zone.
        key: of the object.
        secret: of this purpose, from Secrets Manager. With it, and only
            with it, the same household gets the same mark.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERY).fetchall()
    for row in rows:
        uprn = str(row.pop("uprn")).encode()
        row["household"] = hmac.new(secret, uprn, hashlib.sha256).hexdigest()
    body = json.dumps(rows, default=str).encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body)
