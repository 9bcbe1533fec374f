"""Wait for a file for six hours; between two looks the slot is free."""

from datetime import UTC, datetime, timedelta

from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.sdk import DAG

with DAG(
    "wait", schedule=None, start_date=datetime(2026, 3, 1, tzinfo=UTC)
) as dag:
    S3KeySensor(
        task_id="file",
        bucket_key="s3://service-data-landing/file.csv",
        mode="reschedule",
        poke_interval=timedelta(minutes=5),
        timeout=timedelta(hours=6),
    )
