"""A stand-in for S3 that knows what S3 accepts."""

# --8<-- [start:s3]
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from moto import mock_aws

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@contextmanager
def s3_with(bucket: str) -> Iterator["S3Client"]:
    """Lend a client of an S3 that lives in this process."""
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-2")
        client.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": "eu-west-2"},
        )
        yield client


# --8<-- [end:s3]
