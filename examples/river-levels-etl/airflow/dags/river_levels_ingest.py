"""DAG: the readings of one interval, from the API to raw tables."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, task
from river_levels_shared import (
    ARGUMENTS,
    NAME,
    PIPELINE,
    RAW,
    TAGS,
    documentation,
    river_levels,
    window,
)

SCHEDULE = PIPELINE["schedule"]
OVERLAP = f"--overlap-hours={SCHEDULE['overlap_hours']}"

with DAG(
    dag_id=NAME,
    description=PIPELINE["title"],
    doc_md=documentation(
        NAME,
        "Readings from the API to S3 and to the raw tables.",
        f"`{SCHEDULE['cron']}` in {SCHEDULE['timezone']}; each run reads its"
        f" own hour and the {SCHEDULE['overlap_hours']} hours before.",
    ),
    schedule=CronDataIntervalTimetable(
        SCHEDULE["cron"], timezone=SCHEDULE["timezone"]
    ),
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
    catchup=False,  # the overlap heals short gaps, a backfill long ones
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=ARGUMENTS,
    tags=TAGS,
) as dag:

    @task(pool="flood_monitoring_api")
    def extract(
        data_interval_start: datetime | None = None,
        data_interval_end: datetime | None = None,
    ) -> None:
        """Ask the source; keep its replies in S3."""
        interval = window(data_interval_start, data_interval_end)
        river_levels("extract", *interval, OVERLAP)

    @task(pool="river_levels_database", outlets=[RAW])
    def load(
        data_interval_start: datetime | None = None,
        data_interval_end: datetime | None = None,
    ) -> None:
        """Load what was extracted. Too many bad rows: no asset, no marts."""
        interval = window(data_interval_start, data_interval_end)
        river_levels("load", *interval, OVERLAP)

    extract() >> load()
