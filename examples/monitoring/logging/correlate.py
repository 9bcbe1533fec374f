"""Say in every database session which run it belongs to."""

# --8<-- [start:connect]
from typing import Any

import psycopg


def connect(
    url: str, pipeline: str, task: str, run_id: str
) -> psycopg.Connection[Any]:
    """Connect as a run that ``pg_stat_activity`` names.

    PostgreSQL cuts the name at 63 bytes, so the run's id stands first.
    """
    return psycopg.connect(
        url,
        application_name=f"{run_id} {pipeline} {task}",
        connect_timeout=10,
    )


# --8<-- [end:connect]
