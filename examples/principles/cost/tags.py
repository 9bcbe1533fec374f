"""Refuse a Terraform plan whose resources nobody could charge."""

import json
import sys
from pathlib import Path
from typing import Any

MANDATORY = (
    "Service",
    "Environment",
    "Owner",
    "CostCentre",
    "LGSL",
    "DataClassification",
    "ManagedBy",
)


def planned(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a plan creates or changes, by address."""
    return {
        change["address"]: change["change"]["after"]
        for change in plan["resource_changes"]
        if change["mode"] == "managed" and change["change"]["after"]
    }


def untagged(plan: dict[str, Any]) -> list[str]:
    """Return the mandatory tags that are missing, a line a resource.

    Args:
        plan: what `terraform show -json` prints. Its `tags_all` holds the
            default tags as well, but is unknown where there are none.
    """
    found = []
    for address, after in planned(plan).items():
        if "tags" in after or "tags_all" in after:
            tags = after.get("tags_all") or after.get("tags") or {}
            missing = [key for key in MANDATORY if not tags.get(key)]
            if missing:
                found.append(f"{address}: no {', '.join(missing)}")
    return sorted(found)


if __name__ == "__main__":
    faults = untagged(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    print("\n".join(faults) or "every resource is tagged")
    sys.exit(bool(faults))
