"""Means five tries, and makes six: max_attempts in Config counts retries."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def s3_client() -> "S3Client":
    """Return a client that tries once more than it says."""
    config = Config(retries={"mode": "standard", "max_attempts": 5})
    return boto3.client("s3", config=config)
