"""A run for each day from the start, one after the other."""

from datetime import UTC, datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

with DAG(
    "one-at-a-time",
    schedule=CronDataIntervalTimetable("7 4 * * *", timezone="UTC"),
    start_date=datetime(2026, 3, 25, tzinfo=UTC),
    end_date=datetime(2026, 3, 28, tzinfo=UTC),
    catchup=True,
    max_active_runs=1,
) as dag:
    BashOperator(task_id="load", bash_command="sleep 1")
