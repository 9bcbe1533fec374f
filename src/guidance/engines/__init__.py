"""What the examples run against, on this machine and without installing anything.

Each engine is a context manager; each gives way to a real service that the
environment names (``DATABASE_URL``, ``AWS_ENDPOINT_URL``)::

    with engines.postgres() as url, engines.aws() as aws, engines.flood_api() as api:
        ...
"""

from guidance.engines.aws import AwsEngine, aws, environment, localstack, ministack, moto
from guidance.engines.postgres import EngineError, PostgresServer, postgres
from guidance.engines.replay import Fault, ReplayServer, flood_api

__all__ = [
    "AwsEngine",
    "EngineError",
    "Fault",
    "PostgresServer",
    "ReplayServer",
    "aws",
    "environment",
    "flood_api",
    "localstack",
    "ministack",
    "moto",
    "postgres",
]
