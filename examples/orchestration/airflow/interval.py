"""Count the readings of each hour: a schedule with true intervals."""

from datetime import UTC, datetime

from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import DAG, CronDataIntervalTimetable, task

COUNT = """
    SELECT count(*) FROM raw.readings
    WHERE observed_at >= %s AND observed_at < %s
"""

with DAG(
    "count-readings",
    schedule=CronDataIntervalTimetable("7 * * * *", timezone="UTC"),
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
    catchup=False,
) as dag:

    @task
    def count(
        data_interval_start: datetime | None = None,
        data_interval_end: datetime | None = None,
    ) -> int:
        """Return how many readings the interval has."""
        hook = PostgresHook("river_levels")
        interval = (data_interval_start, data_interval_end)
        return int(hook.get_first(COUNT, parameters=interval)[0])

    count()
