"""Delete many objects, and notice those that stay."""

# --8<-- [start:delete_keys]
from collections.abc import Iterable
from itertools import batched
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_KEYS = 1_000  # S3 takes no more in one request


class NotDeleted(Exception):
    """Some objects are still there; carries the reason by key."""

    def __init__(self, reasons: dict[str, str]) -> None:
        first = ", ".join(sorted(reasons)[:3])
        super().__init__(f"{len(reasons)} objects stay, such as {first}")
        self.reasons = reasons


def delete_keys(client: "S3Client", bucket: str, keys: Iterable[str]) -> None:
    """Delete the objects; S3 answers 200 even if it deleted none of them.

    Raises:
        NotDeleted: after everything else was deleted.
    """
    reasons: dict[str, str] = {}
    for some in batched(keys, MOST_KEYS):
        answer = client.delete_objects(
            Bucket=bucket,
            Delete={"Objects": [{"Key": key} for key in some], "Quiet": True},
        )
        for error in answer.get("Errors", []):
            reasons[error["Key"]] = error["Code"]
    if reasons:
        raise NotDeleted(reasons)


# --8<-- [end:delete_keys]
