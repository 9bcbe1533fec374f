"""A failed load fails the run, and the scratch table goes all the same."""

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

    @task
    def drop_scratch() -> None:
        """Drop the scratch table."""

    made = make_scratch()
    made >> load() >> drop_scratch().as_teardown(setups=made)
