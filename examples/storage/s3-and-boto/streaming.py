"""Read an object of any size in little memory."""

# --8<-- [start:count_lines]
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES = 1_048_576


def count_lines(client: "S3Client", bucket: str, key: str) -> int:
    """Count the lines of an object, a megabyte at a time."""
    lines = 0
    found = client.get_object(Bucket=bucket, Key=key)
    # Not `with found["Body"]`: that gives the raw stream, without its checks.
    with closing(found["Body"]) as stream:
        for chunk in stream.iter_chunks(CHUNK_BYTES):
            lines += chunk.count(b"\n")
    return lines


# --8<-- [end:count_lines]
