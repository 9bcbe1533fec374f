"""Count the readings of each hour: the hour before now."""

from datetime import UTC, datetime, timedelta

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
    def count() -> int:
        """Return how many readings the last hour has."""
        hook = PostgresHook("river_levels")
        now = datetime.now(UTC)
        interval = (now - timedelta(hours=1), now)
        return int(hook.get_first(COUNT, parameters=interval)[0])

    count()
