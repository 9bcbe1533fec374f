import io
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def read_day(s3: "S3Client", bucket: str, day: date) -> pa.Table:
    folder = f"refined/readings/window_date={day:%Y-%m-%d}/"
    found = s3.list_objects_v2(Bucket=bucket, Prefix=folder)
    keys = [item["Key"] for item in found["Contents"]]
    return pa.concat_tables(
        pq.read_table(
            io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        )
        for key in keys
        if key.endswith(".parquet")
    )
