"""What is wrong with the PostgreSQL instances of an AWS account."""

# --8<-- [start:audit]
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.client import BaseClient

NO_EXTENDED_SUPPORT = "open-source-rds-extended-support-disabled"


def audit(rds: BaseClient, kept_days: int) -> dict[str, list[str]]:
    """Return the faults of each PostgreSQL instance, by its name.

    Args:
        rds: ``boto3.client("rds")``; needs rds:DescribeDBInstances.
        kept_days: how long backups must be kept here: 35 in production.

    Raises:
        botocore.exceptions.ClientError: if RDS refuses or fails.
    """
    pages = rds.get_paginator("describe_db_instances").paginate(
        Filters=[{"Name": "engine", "Values": ["postgres"]}]
    )
    return {
        instance["DBInstanceIdentifier"]: list(faults(instance, kept_days))
        for page in pages
        for instance in page["DBInstances"]
    }


def faults(instance: Mapping[str, Any], kept_days: int) -> Iterator[str]:
    """Yield what is wrong with one instance."""
    if instance["PubliclyAccessible"]:
        yield "PG-1: publicly accessible"
    if instance["BackupRetentionPeriod"] < kept_days:
        days = instance["BackupRetentionPeriod"]
        yield f"PG-8: keeps backups for {days} days, not {kept_days}"
    if not instance["AutoMinorVersionUpgrade"]:
        yield "PG-9: minor versions are not upgraded automatically"
    if instance.get("EngineLifecycleSupport") != NO_EXTENDED_SUPPORT:
        yield "PG-9: would be charged for Extended Support"


# --8<-- [end:audit]
