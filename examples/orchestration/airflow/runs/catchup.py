"""A run for each day from the start, at once, two at a time."""

from datetime import UTC, datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

with DAG(
    "catchup",
    schedule=CronDataIntervalTimetable("7 4 * * *", timezone="UTC"),
    start_date=datetime(2026, 3, 25, tzinfo=UTC),
    end_date=datetime(2026, 3, 28, tzinfo=UTC),
    catchup=True,
    max_active_runs=2,
) as dag:
    BashOperator(task_id="load", bash_command="sleep 4")
