from typing import Any

import psycopg


def connect(
    url: str, pipeline: str, task: str, run_id: str
) -> psycopg.Connection[Any]:
    name = f"airflow pipeline={pipeline} task={task} run_id={run_id}"
    return psycopg.connect(url, application_name=name, connect_timeout=10)
