"""What a ruleset of GitHub still lets people do to ``main``."""

from collections.abc import Iterator
from typing import Any

NEEDED = {
    "deletion": "main can be deleted",
    "non_fast_forward": "a force push can take commits away",
    "required_linear_history": "merge commits can get in",
}
ON = {
    "dismiss_stale_reviews_on_push": "an approval outlives a later push",
    "require_code_owner_review": "code owners need not approve",
    "require_last_push_approval": "whoever pushed last may be the approver",
}


def holes(ruleset: dict[str, Any], tier: str) -> Iterator[str]:
    """Yield what is still possible.

    Args:
        ruleset: as ``gh api repos/{owner}/{repo}/rulesets/{id}`` shows it.
        tier: of the pipeline; a sensitive one needs two approvals.
    """
    rules = {r["type"]: r.get("parameters", {}) for r in ruleset["rules"]}
    if ruleset["enforcement"] != "active":
        yield "it is switched off"
    if "~DEFAULT_BRANCH" not in ruleset["conditions"]["ref_name"]["include"]:
        yield "it leaves main out"
    if ruleset.get("bypass_actors"):
        yield "some people may pass it by"
    yield from (what for rule, what in NEEDED.items() if rule not in rules)
    review = rules.get("pull_request", {})
    if review.get("required_approving_review_count", 0) < approvals(tier):
        yield f"fewer than {approvals(tier)} approvals are enough"
    yield from (what for key, what in ON.items() if not review.get(key))
    if review.get("allowed_merge_methods") != ["squash"]:
        yield "there are other ways to merge than squash"
    checks = rules.get("required_status_checks", {})
    if not checks.get("required_status_checks"):
        yield "no check has to pass"
    if not checks.get("strict_required_status_checks_policy"):
        yield "a branch behind main can be merged"


def approvals(tier: str) -> int:
    """How many people besides the author have to approve."""
    return 2 if tier == "sensitive" else 1
