"""Made in November, with a start in March: one run, for yesterday."""

from datetime import UTC, datetime

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

with DAG(
    "no-catchup",
    schedule=CronDataIntervalTimetable("7 4 * * *", timezone="UTC"),
    start_date=datetime(2026, 3, 26, tzinfo=UTC),
    catchup=False,
) as dag:
    EmptyOperator(task_id="load")
