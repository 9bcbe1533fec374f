"""Each day needs the day before: one failure holds all that follow."""

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

with DAG(
    "waits-for-yesterday",
    schedule=CronDataIntervalTimetable("7 4 * * *", timezone="UTC"),
    start_date=datetime(2026, 3, 25, tzinfo=UTC),
    end_date=datetime(2026, 3, 28, tzinfo=UTC),
    catchup=True,
    max_active_runs=3,
    dagrun_timeout=timedelta(hours=1),
) as dag:
    BashOperator(task_id="load", bash_command="exit 3", depends_on_past=True)
