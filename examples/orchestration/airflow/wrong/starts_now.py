"""A start that is always now."""

from datetime import UTC, datetime

from airflow.sdk import DAG, CronDataIntervalTimetable

with DAG(
    "daily",
    schedule=CronDataIntervalTimetable("7 4 * * *", timezone="UTC"),
    start_date=datetime.now(UTC),
    catchup=False,
) as dag:
    pass
