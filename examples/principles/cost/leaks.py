"""Find in a Terraform plan what costs money while nobody looks."""

from typing import Any


def leaks(plan: dict[str, Any]) -> list[str]:
    """Return what to mend, or to explain in a decision record."""
    resources = [
        (change["type"], change["address"], change["change"]["after"])
        for change in plan["resource_changes"]
        if change["mode"] == "managed" and change["change"]["after"]
    ]
    kinds = {kind for kind, _, _ in resources}
    found = []
    for kind, address, after in resources:
        if kind == "aws_nat_gateway":
            found.append(f"{address}: costs about $40 a month while idle")
        if kind == "aws_eip":
            found.append(f"{address}: an address costs while it is kept")
        if kind == "aws_cloudwatch_log_group":
            if not after.get("retention_in_days"):
                found.append(f"{address}: keeps its logs for ever")
        if kind == "aws_s3_bucket":
            if "aws_s3_bucket_lifecycle_configuration" not in kinds:
                found.append(f"{address}: keeps parts of broken uploads")
    return sorted(found)
