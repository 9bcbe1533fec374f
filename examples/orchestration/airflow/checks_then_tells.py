"""Readers hear of new data once a check has passed."""

from datetime import UTC, datetime

from airflow.sdk import DAG, Asset, task

LEVELS = Asset("levels")

with DAG(
    "load-levels",
    schedule=None,
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
) as dag:

    @task
    def load() -> None:
        """Load into the tables."""

    @task(outlets=[LEVELS])
    def check() -> None:
        """Check what was loaded; today it is bad."""
        raise ValueError("3,000 of 4,000 levels are negative")

    load() >> check()
