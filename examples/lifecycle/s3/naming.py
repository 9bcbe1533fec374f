"""Names of buckets: whose, what, where."""

# --8<-- [start:naming]
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ZONES = ("landing", "raw", "refined", "trusted")
ENVIRONMENTS = ("development", "test", "production")
NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*")
MOST = 63


def bucket_name(
    service: str, zone: str, environment: str, account: str
) -> str:
    """Return a bucket's name, the same wherever it is asked for.

    Args:
        service: as in the Local Government Service List, lower case.
        account: twelve digits.

    Raises:
        ValueError: if a part is none of ours, or it gets too long for S3.
    """
    if zone not in ZONES or environment not in ENVIRONMENTS:
        raise ValueError(f"no such zone: {zone}, {environment}")
    name = f"{service}-data-{zone}-{environment}-{account}"
    if not NAME.fullmatch(name) or not re.search(r"-\d{12}$", name):
        raise ValueError(f"{name}: a-z, 0-9 and -, then 12 digits")
    if len(name) > MOST:
        raise ValueError(f"{name}: {len(name)} characters, {MOST} at most")
    return name


# --8<-- [end:naming]


# --8<-- [start:regional]
def create_in_own_namespace(
    client: "S3Client", name: str, region: str = "eu-west-2"
) -> str:
    """Create a bucket whose name nobody else can take; return the name.

    Args:
        name: ends in the account's number, as ``bucket_name`` makes it.
    """
    bucket = f"{name}-{region}-an"
    client.create_bucket(
        Bucket=bucket,
        BucketNamespace="account-regional",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-2"},
    )
    return bucket


# --8<-- [end:regional]
