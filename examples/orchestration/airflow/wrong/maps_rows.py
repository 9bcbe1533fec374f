"""One task a row."""

from datetime import UTC, datetime

from airflow.sdk import DAG, task

with DAG(
    "map", schedule=None, start_date=datetime(2026, 3, 1, tzinfo=UTC)
) as dag:

    @task
    def parts() -> list[int]:
        """Return the rows."""
        return list(range(3_000))

    @task
    def load(part: int) -> None:
        """Load a row."""

    load.expand(part=parts())
