"""Store a file with its checksum, and check it when it is read back."""

# --8<-- [start:checksums]
import hashlib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def upload(client: "S3Client", bucket: str, key: str, file: Path) -> str:
    """Upload a file of any size; return the SHA-256 stored with it."""
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        client.upload_fileobj(
            stream, bucket, key, ExtraArgs={"Metadata": {"sha256": sha256}}
        )
    return sha256


def is_intact(client: "S3Client", bucket: str, key: str) -> bool:
    """Whether the object still is what :func:`upload` stored."""
    got = client.get_object(Bucket=bucket, Key=key)
    digest = hashlib.sha256()
    with closing(got["Body"]) as stream:
        for chunk in stream.iter_chunks():
            digest.update(chunk)
    return digest.hexdigest() == got["Metadata"].get("sha256")


# --8<-- [end:checksums]
