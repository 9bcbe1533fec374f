"""A fixed start."""

from datetime import UTC, datetime

from airflow.sdk import DAG, CronDataIntervalTimetable

with DAG(
    "daily",
    schedule=CronDataIntervalTimetable("7 4 * * *", timezone="UTC"),
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
    catchup=False,
) as dag:
    pass
