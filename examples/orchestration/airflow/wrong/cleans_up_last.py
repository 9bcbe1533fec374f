"""A failed load, and the run is a success: its last task went well."""

from datetime import UTC, datetime

from airflow.sdk import DAG, task

with DAG(
    "with-scratch",
    schedule=None,
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
) as dag:

    @task
    def make_scratch() -> None:
        """Make the scratch table."""

    @task
    def load() -> None:
        """Load; today it fails."""
        raise RuntimeError("the source sent HTML")

    @task(trigger_rule="all_done")
    def drop_scratch() -> None:
        """Drop the scratch table, whatever happened."""

    make_scratch() >> load() >> drop_scratch()
