"""Trusts the status 200 of a request that deleted nothing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def delete_keys(client: "S3Client", bucket: str, keys: Iterable[str]) -> None:
    """Delete the objects, if S3 feels like it."""
    answer = client.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]}
    )
    if answer["ResponseMetadata"]["HTTPStatusCode"] != 200:
        raise RuntimeError("not deleted")
