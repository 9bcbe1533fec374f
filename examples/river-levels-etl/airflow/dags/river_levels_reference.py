"""DAG: stations, measures, bands and late readings, once a London day."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, task
from river_levels_shared import (
    ARGUMENTS,
    MARTS,
    NAME,
    PIPELINE,
    TAGS,
    documentation,
    river_levels,
    window,
)

DAG_ID = f"{NAME}-reference"
DAYS = PIPELINE["sources"][0]["history_days"]
ALL = ["--overlap-hours", str(24 * (DAYS - 1)), "--step-days", "7", "--again"]

with DAG(
    dag_id=DAG_ID,
    description="Reference data, and all that the source still has",
    doc_md=documentation(
        DAG_ID,
        "Reads all that the source still keeps: stations, measures, and"
        " readings that came or were corrected late. Then builds the models,"
        " with the plausible bands and the history of the stations.",
        "`23 4 * * *` in Europe/London: 23 or 25 hours when clocks change.",
    ),
    schedule=CronDataIntervalTimetable("23 4 * * *", timezone="Europe/London"),
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args=ARGUMENTS,
    tags=TAGS,
) as dag:

    @task(
        pool="flood_monitoring_api",
        outlets=[MARTS],
        execution_timeout=timedelta(hours=1),
    )
    def refresh(
        data_interval_start: datetime | None = None,
        data_interval_end: datetime | None = None,
    ) -> None:
        """Ask for everything again; what did not change stays as it is."""
        interval = window(data_interval_start, data_interval_end)
        river_levels("backfill", *interval, *ALL)

    refresh()
