"""A command that fails, and a pipe that hides it."""

from datetime import UTC, datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "run-a-command",
    schedule=None,
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
) as dag:
    BashOperator(
        task_id="serve", bash_command="river-levels serve --fast 2>&1 | cat"
    )
