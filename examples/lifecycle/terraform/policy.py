"""What a plan may not do. Run it on each pull request, after `plan`:

terraform show -json reviewed.plan > plan.json && python policy.py plan.json

Prints each fault with the resource's address; ends with 1 if there is any.
A plan holds values in clear text: delete plan.json, and never upload it.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

TAGS = (
    "Service",
    "Environment",
    "Owner",
    "DataClassification",
    "PersonalData",
    "ManagedBy",
)
KEEPS_DATA = {
    "aws_db_instance",
    "aws_kms_key",
    "aws_redshiftserverless_namespace",
    "aws_s3_bucket",
}
EVERYBODY = {"0.0.0.0/0", "::/0"}
BLOCKS = (
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
)
OF_OTHERS = {
    "aws_cloudformation_export",
    "aws_cloudformation_stack",
    "terraform_remote_state",
}
SECRET = re.compile(r"(?i)(password|secret_string|api_?key|token)$")
MOST_MANAGED = 6_144  # characters of a managed policy, without white space
MOST_INLINE = 10_240  # of all policies that stand in one role

type Resource = Mapping[str, Any]


# --8<-- [start:walk]
def resources(module: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield what a module plans, and what the modules in it do."""
    yield from module.get("resources", [])
    for child in module.get("child_modules", []):
        yield from resources(child)


def declared(module: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return what each resource refers to, by address without any index."""
    found = {path + one["address"]: one for one in module.get("resources", [])}
    for name, call in module.get("module_calls", {}).items():
        found |= declared(call["module"], f"{path}module.{name}.")
    return found


def beside(config: Mapping[str, Any], one: Resource, argument: str) -> str:
    """Return the address that an argument of a resource names."""
    bare = re.sub(r"\[[^\]]*\]", "", one["address"])
    expressions = config.get(bare, {}).get("expressions", {})
    names = expressions.get(argument, {}).get("references", [])
    module, _, _ = one["address"].rpartition(f"{one['type']}.")
    return module + names[-1] if names else ""


# --8<-- [end:walk]


# --8<-- [start:faults]
def faults(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield each fault of a plan, as `terraform show -json` prints it."""
    config = declared(plan["configuration"]["root_module"])
    root = plan["planned_values"]["root_module"]
    planned = [one for one in resources(root) if one["mode"] == "managed"]
    for one in planned:
        yield from resource_faults(one)
    yield from public_buckets(planned, config)
    yield from long_policies(planned, config)
    for name, given in plan.get("variables", {}).items():
        if SECRET.search(name) and given.get("value"):
            yield f"SECRET var.{name}: stands in the plan in clear text"
    for change in plan["resource_changes"]:
        is_gone = "delete" in change["change"]["actions"]
        if is_gone and change["type"] in KEEPS_DATA:
            yield f"DATA-LOSS {change['address']}: would be destroyed"
    for address, found in config.items():
        if found["type"] in OF_OTHERS:
            yield f"OTHER-TOOL {address}: read /platform/… in Parameter Store"


def resource_faults(one: Resource) -> Iterator[str]:
    """Yield the faults that a resource shows by itself."""
    address, values = one["address"], one.get("values", {})
    # Without default tags, tags_all is not known before the apply.
    tags = (values.get("tags") or {}) | (values.get("tags_all") or {})
    missing = [tag for tag in TAGS if tag not in tags]
    if missing and values.keys() & {"tags", "tags_all"}:
        yield f"UNTAGGED {address}: {', '.join(missing)}"
    for cidr in EVERYBODY & set(inbound(one["type"], values)):
        yield f"OPEN-PORT {address}: lets {cidr} in"
    for name, value in values.items():
        if SECRET.search(name) and isinstance(value, str) and value:
            yield f"SECRET {address}: {name} stands in plan and state"
    if one["type"] == "aws_iam_role":
        for reason in trust_faults(values.get("assume_role_policy")):
            yield f"TRUST {address}: {reason}"


# --8<-- [end:faults]


def inbound(kind: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the networks that a resource lets in."""
    rules: list[Mapping[str, Any]] = []
    if kind == "aws_security_group":
        rules = values.get("ingress") or []
    elif kind == "aws_vpc_security_group_ingress_rule" or (
        kind == "aws_security_group_rule" and values.get("type") == "ingress"
    ):
        rules = [values]
    for rule in rules:
        for name in ("cidr_ipv4", "cidr_ipv6"):
            if rule.get(name):
                yield rule[name]
        for name in ("cidr_blocks", "ipv6_cidr_blocks"):
            yield from rule.get(name) or []


# --8<-- [start:trust]
def trust_faults(policy: str | None) -> Iterator[str]:
    """Yield why somebody else could take a role; nothing if it is unknown."""
    statements = json.loads(policy)["Statement"] if policy else []
    for statement in statements:
        if statement["Principal"] in ("*", {"AWS": "*"}):
            yield "everybody may take it"
        if statement["Action"] != "sts:AssumeRoleWithWebIdentity":
            continue
        conditions = statement.get("Condition", {})
        exact = conditions.get("StringEquals", {})
        if not any(name.endswith(":sub") for name in exact):
            yield "the subject is not compared exactly"
        if not any(name.endswith(":aud") for name in exact):
            yield "the audience is not compared"


# --8<-- [end:trust]


def public_buckets(
    planned: Sequence[Resource], config: Mapping[str, Any]
) -> Iterator[str]:
    """Yield the buckets that nothing keeps private, and the open blocks."""
    closed = set()
    for one in planned:
        if one["type"] == "aws_s3_bucket_public_access_block":
            opened = [
                name for name in BLOCKS if not one.get("values", {}).get(name)
            ]
            for name in opened:
                yield f"PUBLIC {one['address']}: {name} is off"
            closed.add(beside(config, one, "bucket"))
    for one in planned:
        bare = re.sub(r"\[[^\]]*\]$", "", one["address"])
        if one["type"] == "aws_s3_bucket" and bare not in closed:
            yield f"PUBLIC {one['address']}: has no public access block"


# --8<-- [start:size]
def long_policies(
    planned: Sequence[Resource], config: Mapping[str, Any]
) -> Iterator[str]:
    """Yield the policies that IAM would refuse as too long."""
    inline: dict[str, int] = defaultdict(int)
    for one in planned:
        text = re.sub(r"\s", "", one.get("values", {}).get("policy") or "")
        if one["type"] == "aws_iam_policy" and len(text) > MOST_MANAGED:
            yield f"TOO-LONG {one['address']}: {len(text)} of {MOST_MANAGED}"
        if one["type"] == "aws_iam_role_policy":
            inline[beside(config, one, "role")] += len(text)
    for role, length in inline.items():
        if length > MOST_INLINE:
            yield f"TOO-LONG {role}: {length} of {MOST_INLINE} inline"


# --8<-- [end:size]


def main(arguments: Sequence[str]) -> int:
    """Print the faults of a plan; return 1 if there are any."""
    plan = json.loads(Path(arguments[0]).read_text("utf-8"))
    found = list(faults(plan))
    print("\n".join(found) or "nothing that the policy forbids")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
