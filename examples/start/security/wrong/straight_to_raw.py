"""Puts a supplier's file where everything reads it, unseen."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Rejected(Exception):
    """Never raised."""


def promote(client: "S3Client", inbound: str, raw: str, key: str) -> None:
    """Copy an inbound object to the raw bucket."""
    source = f"{inbound}/{key}"
    client.copy_object(Bucket=raw, Key=f"raw/{key}", CopySource=source)
