"""The rules are written as rules are, and every one is accounted for."""

import re
from collections import Counter

import pytest

from guidance.paths import DOCS, ROOT
from guidance.site.rules import Kind, RuleError, all_rules, rules_of

RULES = all_rules()
MARK = re.compile(r"pytest\.mark\.rule\((?P<ids>[^)]*)\)")


def claimed() -> set[str]:
    """The rules that some test in this repository claims to prove."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        if path.parent.name in {"site", "evidence"}:
            continue  # these plant rules of their own
        for match in MARK.finditer(path.read_text("utf-8")):
            found |= set(re.findall(r'"([A-Z][A-Z0-9]*-\d+)"', match["ids"]))
    return found


def test_ids_are_unique() -> None:
    twice = [rule for rule, n in Counter(r.id for r in RULES).items() if n > 1]

    assert twice == []
    assert len(RULES) > 60


def test_each_rule_that_says_proved_has_a_test_and_no_other_has_one() -> None:
    said = {rule.id for rule in RULES if rule.kind is Kind.PROVED}

    assert said - claimed() == set(), "rules without a test"
    assert claimed() - said == set(), "tests of rules that do not say proved"


@pytest.mark.parametrize("rule", [r for r in RULES if r.is_full], ids=lambda r: r.id)
def test_a_full_rule_gives_its_reason(rule: object) -> None:
    assert isinstance(rule, type(RULES[0]))
    text = (DOCS / rule.page).read_text("utf-8")
    start = text.index(f"### {rule.id} ")
    section = text[start:].partition("\n")[2].partition("\n### ")[0]
    words = re.sub(r"```.*?```", "", section, flags=re.DOTALL).split()

    assert len(words) >= 15, f"{rule.id} says too little"


@pytest.mark.parametrize(
    ("markdown", "says"),
    [
        ("### BAD-1 No attributes", "BAD-1 is not written as a rule"),
        ("## BAD-1 Wrong heading { #bad-1 .must .core }", "is not written as a rule"),
        ("### BAD-1 No level { #bad-1 .core }", "BAD-1 needs one level"),
        ("### BAD-1 Two levels { #bad-1 .must .should .core }", "needs one level"),
        ("### BAD-1 No tier { #bad-1 .must }", "BAD-1 needs one tier"),
        ("### BAD-1 Anchor { #bad1 .must .core }", "needs the anchor #bad-1"),
        ("| **BAD-1**{ #bad-1 } | MUST | core | Too few |", "is not written as a rule"),
        ("| **BAD-1**{ #bad1 } | MUST | core | a | b | judged |", "the anchor #bad-1"),
        ("| **BAD-1**{ #bad-1 } | MUST | core | a | b | maybe |", "must be proved"),
        ("| **BAD-1**{ #bad-1 } | HAVE | core | a | b | judged |", "needs one level"),
    ],
)
def test_what_looks_like_a_rule_must_be_one(markdown: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        rules_of("a/b.md", markdown)


def test_a_rule_is_read_whole() -> None:
    text = (
        "### GOOD-1 Do it { #good-1 .must .core }\n\nWhy.\n\n```python\n"
        '--8<-- "examples/a/wrong/b.py"\n```\n\n### The others\n\n'
        "| **GOOD-2**{ #good-2 } | SHOULD | sensitive | Do. | Why. | judged |\n"
    )

    one, two = rules_of("a/b.md", text)

    assert (one.level, one.tier, one.kind) == ("must", "core", Kind.PROVED)
    assert one.counter_examples == ("examples/a/wrong/b.py",)
    assert (two.title, two.level, two.tier) == ("Do.", "should", "sensitive")
    assert two.kind is Kind.JUDGED


def test_the_name_of_a_rule_may_hold_a_digit() -> None:
    text = (
        "### EC2-1 Do it { #ec2-1 .must .core }\n\nWhy.\n\n"
        "| **S3-2**{ #s3-2 } | MUST | core | Do. | Why. | judged |\n"
    )

    assert [rule.id for rule in rules_of("a/b.md", text)] == ["EC2-1", "S3-2"]
    with pytest.raises(RuleError, match="S3-3 is not written as a rule"):
        rules_of("a/b.md", "### S3-3 No attributes")
