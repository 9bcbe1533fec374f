"""One line on what a run proved."""

from collections import Counter

from guidance.evidence.store import Evidence
from guidance.site.rules import Kind, all_rules


def summary(evidence: Evidence, is_full: bool) -> str:
    """Count blocks by level and rules by kind of proof."""
    levels = Counter(block.level or "unproved" for block in evidence.blocks.values())
    kinds = Counter(
        "proved"
        if rule.kind is Kind.PROVED and rule.id in evidence.rules
        else "unproved"
        if rule.kind is Kind.PROVED
        else str(rule.kind)
        for rule in all_rules()
    )
    blocks = ", ".join(f"{n} {level}" for level, n in levels.most_common())
    rules = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
    lines = sum(map(len, evidence.uncovered.values()))
    part = "" if is_full else " (partial run: not for publishing)"
    return (
        f"evidence: {len(evidence.blocks)} blocks: {blocks or 'none'}; "
        f"{sum(kinds.values())} rules: {rules or 'none'}; "
        f"{lines} uncovered lines in examples{part}"
    )
