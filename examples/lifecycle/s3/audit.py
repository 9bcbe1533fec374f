"""Whether a bucket is set up as ours are.

python audit.py river-levels-data-raw-development-000000000000
"""

# --8<-- [start:audit]
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONFIG = Config(
    connect_timeout=5,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
)
BLOCKS = (
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
)
NAME = re.compile(
    r".+-(data|assets|logs|exports|imports|archive)-.+"
    r"-(development|test|production)-\d{12}(-[a-z0-9-]+-an)?"
)


def said(
    ask: Callable[[], Mapping[str, Any]], absent: str
) -> Mapping[str, Any]:
    """Return an answer of S3; nothing if the setting was never made."""
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] != absent:
            raise
        return {}


def denies_clear_text(policy: str, arn: str) -> bool:
    """Whether a bucket policy does so, for the bucket and its objects."""
    found = json.loads(policy or '{"Statement": []}')["Statement"]
    covered: set[str] = set()
    for statement in found:
        condition = statement.get("Condition", {}).get("Bool", {})
        if (
            statement["Effect"] == "Deny"
            and condition.get("aws:SecureTransport") == "false"
        ):
            resources = statement["Resource"]
            covered |= set(
                [resources] if isinstance(resources, str) else resources
            )
    return {arn, f"{arn}/*"} <= covered


def faults(client: "S3Client", bucket: str) -> Iterator[str]:
    """Yield what is missing, one line each.

    Raises:
        botocore.exceptions.ClientError: if S3 refuses or has no such bucket.
    """
    if not NAME.fullmatch(bucket):
        yield "name: service-type-purpose-environment-account"
    block = said(
        lambda: client.get_public_access_block(Bucket=bucket),
        "NoSuchPublicAccessBlockConfiguration",
    ).get("PublicAccessBlockConfiguration", {})
    if not all(block.get(setting) for setting in BLOCKS):
        yield "it can be made public"
    controls = said(
        lambda: client.get_bucket_ownership_controls(Bucket=bucket),
        "OwnershipControlsNotFoundError",
    ).get("OwnershipControls", {"Rules": [{}]})
    if controls["Rules"][0].get("ObjectOwnership") != "BucketOwnerEnforced":
        yield "it has ACLs"
    versioning = client.get_bucket_versioning(Bucket=bucket)
    if versioning.get("Status") != "Enabled":
        yield "what is overwritten is gone: no versions"
    rules = said(
        lambda: client.get_bucket_lifecycle_configuration(Bucket=bucket),
        "NoSuchLifecycleConfiguration",
    ).get("Rules", [])
    settings = {name for rule in rules for name in rule}
    if "AbortIncompleteMultipartUpload" not in settings:
        yield "uploads that broke off stay, and are paid for"
    if "NoncurrentVersionExpiration" not in settings:
        yield "old versions stay for ever"
    policy = said(
        lambda: client.get_bucket_policy(Bucket=bucket),
        "NoSuchBucketPolicy",
    ).get("Policy", "")
    if not denies_clear_text(policy, f"arn:aws:s3:::{bucket}"):
        yield "it answers in clear text"
    events = client.get_bucket_notification_configuration(Bucket=bucket)
    if "EventBridgeConfiguration" not in events:
        yield "EventBridge does not learn of new objects"


def main() -> int:
    """Print the faults of a bucket; 1 if there are any."""
    found = list(faults(boto3.client("s3", config=CONFIG), sys.argv[1]))
    print("\n".join(found) or "no fault")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
# --8<-- [end:audit]
