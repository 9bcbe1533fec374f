"""Airflow on a laptop: nobody else reads our logs.

Its servers of logs listen on every network, and no setting tells them not to.
Airflow imports this file when it starts, if it finds it on PYTHONPATH.
"""

from airflow.utils import serve_logs

__all__: list[str] = []


def serve_nothing(port: int | None = None) -> None:
    """Take the place of ``serve_logs``, and listen on nothing."""


serve_logs.serve_logs = serve_nothing
