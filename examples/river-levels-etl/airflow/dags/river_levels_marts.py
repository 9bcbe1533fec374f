"""DAG: models and serving views, whenever new raw data have arrived."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, task
from river_levels_shared import (
    ARGUMENTS,
    MARTS,
    NAME,
    RAW,
    TAGS,
    documentation,
    ping,
    river_levels,
)

DAG_ID = f"{NAME}-marts"

with DAG(
    dag_id=DAG_ID,
    description="dbt build, then the serving views",
    doc_md=documentation(
        DAG_ID,
        "Builds and tests the dbt models, then exports the serving views.",
        f"none: it runs when the asset `{RAW.name}` is updated.",
    ),
    schedule=[RAW],
    start_date=datetime(2026, 3, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=1),
    default_args=ARGUMENTS,
    tags=TAGS,
) as dag:

    @task(pool="river_levels_database")
    def transform() -> None:
        """Build the models and run their tests: a failed one stops here."""
        river_levels("transform")

    @task(
        pool="river_levels_database",
        outlets=[MARTS],
        on_success_callback=ping,
    )
    def serve() -> None:
        """Check the serving views and export them."""
        river_levels("serve")

    transform() >> serve()
