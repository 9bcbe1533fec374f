import io
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def compact(s3: "S3Client", bucket: str, day: date, run_id: str) -> None:
    folder = f"refined/readings/window_date={day:%Y-%m-%d}/"
    found = s3.list_objects_v2(Bucket=bucket, Prefix=folder)["Contents"]
    small = [o["Key"] for o in found if o["Key"].endswith(".parquet")]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"] for key in small]
    tables = [pq.read_table(io.BytesIO(body.read())) for body in bodies]
    buffer = io.BytesIO()
    pq.write_table(pa.concat_tables(tables), buffer)
    key = f"{folder}compacted-{run_id}.parquet"
    s3.put_object(Bucket=bucket, Key=key, Body=buffer.getvalue())
    for key in small:
        s3.delete_object(Bucket=bucket, Key=key)
