"""Refuse an image with a critical fault for which there is a remedy."""

# --8<-- [start:gate]
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(connect_timeout=5, read_timeout=20)


def blocking(findings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the critical faults that a newer package would mend."""
    return sorted(
        found.get("title", "a fault without a name")
        for found in findings
        if found.get("severity") == "CRITICAL"
        and found.get("fixAvailable") in {"YES", "PARTIAL"}
    )


def gate(client: Any, repository: str, tag: str) -> int:
    """Print what blocks an image; return 1 if anything does, 2 if unknown."""
    pages = client.get_paginator("describe_image_scan_findings").paginate(
        repositoryName=repository, imageId={"imageTag": tag}
    )
    found: list[str] = []
    for page in pages:
        status = page["imageScanStatus"].get("status", "UNKNOWN")
        if status not in {"ACTIVE", "COMPLETE"}:
            print(f"{repository}:{tag}: the scan says {status}, not clean")
            return 2
        findings = page["imageScanFindings"].get("enhancedFindings", [])
        found += blocking(findings)
    print("\n".join(found) or f"{repository}:{tag}: nothing to mend")
    return 1 if found else 0


def main() -> int:
    """Ask about the image that the arguments name."""
    repository, tag = sys.argv[1:]
    return gate(boto3.client("ecr", config=CONFIG), repository, tag)


# --8<-- [end:gate]


if __name__ == "__main__":
    sys.exit(main())
