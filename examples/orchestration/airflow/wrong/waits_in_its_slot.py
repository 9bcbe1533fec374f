"""Wait for a file, as the defaults have it."""

from datetime import UTC, datetime

from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.sdk import DAG

with DAG(
    "wait", schedule=None, start_date=datetime(2026, 3, 1, tzinfo=UTC)
) as dag:
    S3KeySensor(
        task_id="file", bucket_key="s3://service-data-landing/file.csv"
    )
