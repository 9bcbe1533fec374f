"""What stands below the heading of a rule: its level, its tier, its proof."""

import html
import re

from guidance.evidence.store import Evidence
from guidance.site.rules import Kind, Rule

SHOWN_TESTS = 2


def shown(content: str, rule: Rule, evidence: Evidence, sources: str) -> str:
    """Mark a rule's heading with its proof, and write a line about it below.

    Args:
        content: the page's HTML.
        sources: the way from the page to the published sources, with a slash at the end.
    """
    marked = f'id="{rule.anchor}" data-rule="{rule.id}" data-proof="{rule.kind}"'
    content = content.replace(f'id="{rule.anchor}"', marked, 1)
    if not rule.is_full:
        return content
    line = (
        '<p class="rule-line" data-search-exclude>'
        f'<strong class="rule-level rule-level--{rule.level}">'
        f"{rule.level.upper()}</strong> <span>{rule.tier}</span> "
        f"<span>{_how(rule, evidence, sources)}</span></p>"
    )
    pattern = re.compile(rf'(<h3[^>]*id="{rule.anchor}"[^>]*>.*?</h3>)', flags=re.DOTALL)
    return pattern.sub(lambda match: match[1] + line, content, count=1)


def _how(rule: Rule, evidence: Evidence, sources: str) -> str:
    """Say how a rule is proved, with links to the tests."""
    if rule.kind is not Kind.PROVED:
        return "judged: a person has to look"
    proofs = evidence.rules.get(rule.id, [])
    if not proofs:
        return "not run on this machine"
    links = []
    for test in dict.fromkeys(proof.test.partition("[")[0] for proof in proofs):
        file, _, name = test.partition("::")
        links.append(f'<a href="{sources}{file}">{html.escape(name)}</a>')
    return f"proved by {', '.join(links[:SHOWN_TESTS])}" + " and more" * (
        len(links) > SHOWN_TESTS
    )
