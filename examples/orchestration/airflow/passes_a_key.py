"""Two tasks: the rows lie in S3, and their key goes from one to the other."""

import json
import os
from datetime import UTC, datetime

import boto3
from airflow.sdk import DAG, task

with DAG(
    "two-tasks",
    schedule=None,
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
) as dag:

    @task
    def extract() -> str:
        """Write the rows to S3; return their key."""
        rows = [{"level_m": n / 100} for n in range(10_000)]
        key = "landing/levels.json"
        boto3.Session().client("s3").put_object(
            Bucket=os.environ["RIVER_LEVELS_BUCKET"],
            Key=key,
            Body=json.dumps(rows).encode(),
        )
        return key

    @task
    def load(key: str) -> int:
        """Return how many rows lie under the key."""
        got = (
            boto3.Session()
            .client("s3")
            .get_object(Bucket=os.environ["RIVER_LEVELS_BUCKET"], Key=key)
        )
        return len(json.load(got["Body"]))

    load(extract())
