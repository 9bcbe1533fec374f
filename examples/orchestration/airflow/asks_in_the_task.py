"""List the stations: the source is asked by the task."""

import os
from datetime import UTC, datetime

import requests
from airflow.sdk import DAG, task

with DAG(
    "list-stations",
    schedule=None,
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
) as dag:

    @task
    def stations() -> int:
        """Return how many stations the source lists."""
        url = os.environ["RIVER_LEVELS_API_URL"] + "/id/stations"
        with requests.get(url, timeout=10) as reply:
            reply.raise_for_status()
            return len(reply.json()["items"])

    stations()
