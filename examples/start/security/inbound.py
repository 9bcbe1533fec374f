"""Let a supplier's file into the raw zone once it has been looked at."""

# --8<-- [start:promote]
from contextlib import closing
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCAN_TAG = "GuardDutyMalwareScanStatus"
MOST_BYTES = 100_000_000
BEGINS = {".csv": None, ".xlsx": b"PK\x03\x04", ".pdf": b"%PDF-"}


class Rejected(Exception):
    """The file stays in quarantine; the message says why."""


def promote(client: "S3Client", inbound: str, raw: str, key: str) -> None:
    """Copy an inbound object to the raw bucket if it is what it should be.

    Raises:
        Rejected: not scanned, not clean, too large, or of another kind.
        ClientError: if S3 refuses, or the object changed meanwhile.
    """
    tags = client.get_object_tagging(Bucket=inbound, Key=key)["TagSet"]
    scan = {tag["Key"]: tag["Value"] for tag in tags}.get(SCAN_TAG)
    if scan != "NO_THREATS_FOUND":
        raise Rejected(f"{key}: the scan says {scan or 'nothing yet'}")
    found = client.get_object(Bucket=inbound, Key=key)
    with closing(found["Body"]) as stream:
        first = stream.read(1_024)
    if found["ContentLength"] > MOST_BYTES:
        raise Rejected(f"{key}: {found['ContentLength']} bytes are too many")
    if not is_of_its_kind(key, first):
        raise Rejected(f"{key}: its content is not what its name says")
    client.copy_object(
        Bucket=raw,
        Key=f"raw/{key}",
        CopySource={"Bucket": inbound, "Key": key},
        CopySourceIfMatch=found["ETag"],  # what was scanned, nothing newer
    )


def is_of_its_kind(key: str, first: bytes) -> bool:
    """Whether a file begins as its suffix promises."""
    suffix = PurePosixPath(key).suffix.lower()
    if suffix not in BEGINS:
        return False
    magic = BEGINS[suffix]
    if magic is not None:
        return first.startswith(magic)
    text = not first.startswith((b"PK", b"MZ", b"%PDF-", b"{\\rtf"))
    return text and b"\0" not in first


# --8<-- [end:promote]
