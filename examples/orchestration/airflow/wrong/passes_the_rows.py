"""Two tasks: the rows go through Airflow's own database."""

from datetime import UTC, datetime

from airflow.sdk import DAG, task

with DAG(
    "two-tasks",
    schedule=None,
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
) as dag:

    @task
    def extract() -> list[dict[str, float]]:
        """Return the rows."""
        return [{"level_m": n / 100} for n in range(10_000)]

    @task
    def load(rows: list[dict[str, float]]) -> int:
        """Return how many rows came."""
        return len(rows)

    load(extract())
