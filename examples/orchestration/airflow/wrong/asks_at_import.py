"""List the stations: the source is asked whenever the file is read."""

import os
from datetime import UTC, datetime

import requests
from airflow.sdk import DAG, task

URL = os.environ["RIVER_LEVELS_API_URL"] + "/id/stations"
STATIONS = requests.get(URL, timeout=10).json()["items"]

with DAG(
    "list-stations",
    schedule=None,
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
) as dag:

    @task
    def stations() -> int:
        """Return how many stations the source lists."""
        return len(STATIONS)

    stations()
