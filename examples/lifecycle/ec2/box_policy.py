"""Whether the machines of a plan are set up as ours are.

terraform show -json plan | python box_policy.py
"""

# --8<-- [start:policy]
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

TAGS = ("Owner", "Environment", "AutoStop")
TOO_MUCH = ("FullAccess", "AdministratorAccess", "PowerUserAccess")

type Values = Mapping[str, Any]


def planned(module: Values) -> Iterator[tuple[str, str, Values]]:
    """Yield type, address and values of what a module would make."""
    for found in module.get("resources", []):
        yield found["type"], found["address"], found["values"]
    for child in module.get("child_modules", []):
        yield from planned(child)


def open_ports(kind: str, values: Values) -> Iterator[str]:
    """Yield what comes in, such as ``22 from 0.0.0.0/0``."""
    if kind == "aws_security_group":
        for rule in values.get("ingress") or []:
            yield f"{rule['from_port']} from {', '.join(rule['cidr_blocks'])}"
    if kind == "aws_vpc_security_group_ingress_rule":
        yield f"{values.get('from_port')} from {values.get('cidr_ipv4')}"


def faults_of_instance(values: Values) -> Iterator[str]:
    """Yield what is wrong with one machine: rule and harm."""
    if values.get("associate_public_ip_address") is not False:
        yield "EC2-1 has a public address"
    if values.get("key_name"):
        yield "EC2-1 needs a key file that somebody will copy"
    metadata = (values.get("metadata_options") or [{}])[0]
    if metadata.get("http_tokens") != "required":
        yield "EC2-2 answers IMDSv1"
    disk = (values.get("root_block_device") or [{}])[0]
    if disk.get("encrypted") is not True or disk.get("volume_type") != "gp3":
        yield "EC2-4 its disk is not encrypted gp3"
    tags = values.get("tags_all") or values.get("tags") or {}
    if missing := [tag for tag in TAGS if not tags.get(tag)]:
        yield f"EC2-5 has no tag {', '.join(missing)}"


def faults(plan: Values) -> Iterator[str]:
    """Yield what is wrong with a plan, as ``terraform show -json`` has it."""
    root = plan["planned_values"]["root_module"]
    for kind, address, values in planned(root):
        for port in open_ports(kind, values):
            yield f"{address}: EC2-1 lets in port {port}"
        if kind == "aws_instance":
            for fault in faults_of_instance(values):
                yield f"{address}: {fault}"
        if kind == "aws_iam_access_key":
            yield f"{address}: EC2-3 is a key that works until deleted"
        if str(values.get("policy_arn")).endswith(TOO_MUCH):
            yield f"{address}: EC2-3 allows far more than the code does"


def main() -> int:
    """Read a plan, print its faults; 1 if there are any."""
    found = list(faults(json.load(sys.stdin)))
    print("\n".join(found) or "no fault")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
# --8<-- [end:policy]
