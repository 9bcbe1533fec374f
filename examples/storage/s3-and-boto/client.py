"""An S3 client whose time-outs and retries are our decision."""

# --8<-- [start:client]
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=16,  # at least as many as threads use the client
    retries={"mode": "standard", "total_max_attempts": 5},
)


def s3_client() -> "S3Client":
    """Return a client; one serves all threads, so make it once."""
    return boto3.client("s3", config=CONFIG)


# --8<-- [end:client]
