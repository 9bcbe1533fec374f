import io
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def refine(
    s3: "S3Client", bucket: str, arrived: pa.Table, run_id: str
) -> list[date]:
    event_days = arrived["observed_at"].cast(pa.date32())
    days: list[date] = pc.unique(event_days).to_pylist()
    for day in days:
        rows = arrived.filter(pc.equal(event_days, pa.scalar(day)))
        buffer = io.BytesIO()
        pq.write_table(rows, buffer)
        key = f"refined/readings/window_date={day:%Y-%m-%d}/part-0.parquet"
        s3.put_object(Bucket=bucket, Key=key, Body=buffer.getvalue())
    return days
