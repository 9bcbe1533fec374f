"""One task a day: each does a thousand rows by one statement."""

from datetime import UTC, datetime

from airflow.sdk import DAG, task

with DAG(
    "map", schedule=None, start_date=datetime(2026, 3, 1, tzinfo=UTC)
) as dag:

    @task
    def parts() -> list[int]:
        """Return the days."""
        return [1, 2, 3]

    @task
    def load(part: int) -> None:
        """Load a day."""

    load.expand(part=parts())
