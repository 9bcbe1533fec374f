"""The rules, read from the pages that state them.

A rule in full is a heading; its reason, proof and counter-example follow::

    ### XAPI-4 Page until the source has no more { #xapi-4 .must .core }

The others are rows of a table with the columns id, level, tier, rule, reason, proof::

    | **XAPI-9**{ #xapi-9 } | MUST | core | Put secrets in headers. | … | judged |

A rule is proved by a test unless it says ``judged`` (it needs a person).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from guidance.evidence.regions import included_refs
from guidance.paths import DOCS

HEADING = re.compile(
    r"^### (?P<id>[A-Z][A-Z0-9]*-\d+) (?P<title>.+?) \{ (?P<attributes>[^}]*) \}$",
    re.MULTILINE,
)
ROW = re.compile(
    r"^\| \*\*(?P<id>[A-Z][A-Z0-9]*-\d+)\*\*\{ #(?P<anchor>[a-z0-9-]+) \}"
    r" \| (?P<level>\w+) \| (?P<tier>\w+)"
    r" \| (?P<rule>.*?) \| (?P<reason>.*?) \| (?P<kind>\w+) \|$",
    re.MULTILINE,
)
LOOKS_LIKE_RULE = re.compile(r"^(?:#{2,6} |\| \*\*)(?P<id>[A-Z][A-Z0-9]+-\d+)\b", re.MULTILINE)
NEXT_HEADING = re.compile(r"^#{1,3} ", re.MULTILINE)
LEVELS = ("must", "should", "may")
TIERS = ("core", "service", "sensitive")


class Kind(StrEnum):
    """How a rule is held: by a test here, by a check elsewhere, by a person."""

    PROVED = "proved"
    CHECKED = "checked"
    JUDGED = "judged"


class RuleError(Exception):
    """A rule is not written as rules are; says which, and how."""


@dataclass(frozen=True)
class Rule:
    """One rule and where it stands.

    Attributes:
        page: source of its page, such as ``extraction/api.md``.
        title: the rule in a sentence.
        is_full: whether it has a heading of its own.
        shown: what its section includes; empty for a row.
    """

    id: str
    page: str
    anchor: str
    title: str
    level: str
    tier: str
    kind: Kind
    is_full: bool
    shown: tuple[str, ...] = ()

    @property
    def counter_examples(self) -> tuple[str, ...]:
        """The shown regions that do it wrong."""
        return tuple(ref for ref in self.shown if "/wrong/" in ref)


def rules_of(page: str, markdown: str) -> list[Rule]:
    """Return the rules that a page states, in order.

    Raises:
        RuleError: if something looks like a rule but is not written as one.
    """
    found = [*_headings(page, markdown), *_rows(page, markdown)]
    ids = [rule.id for rule in found]
    for match in LOOKS_LIKE_RULE.finditer(markdown):
        if match["id"] not in ids:
            raise RuleError(
                f"{page}: {match['id']} is not written as a rule: give the heading "
                f"{{ #{match['id'].lower()} .must .core }}, or the row six columns"
            )
    return found


def _headings(page: str, markdown: str) -> Iterator[Rule]:
    for match in HEADING.finditer(markdown):
        words = match["attributes"].split()
        classes = [word[1:] for word in words if word.startswith(".")]
        level = _one(match["id"], page, "level", LEVELS, classes)
        tier = _one(match["id"], page, "tier", TIERS, classes)
        kinds = [kind for kind in Kind if kind in classes] or [Kind.PROVED]
        rest = markdown[match.end() :]
        end = NEXT_HEADING.search(rest)
        section = rest[: end.start()] if end else rest
        anchor = match["id"].lower()
        if f"#{anchor}" not in words:
            raise RuleError(f"{page}: {match['id']} needs the anchor #{anchor}")
        yield Rule(
            match["id"],
            page,
            anchor,
            match["title"],
            level,
            tier,
            kinds[0],
            is_full=True,
            shown=tuple(included_refs(section)),
        )


def _rows(page: str, markdown: str) -> Iterator[Rule]:
    for match in ROW.finditer(markdown):
        rule_id = match["id"]
        if match["anchor"] != rule_id.lower():
            raise RuleError(f"{page}: {rule_id} needs the anchor #{rule_id.lower()}")
        if match["kind"] not in list(Kind):
            raise RuleError(f"{page}: {rule_id} must be proved, checked or judged")
        level = _one(rule_id, page, "level", LEVELS, [match["level"].lower()])
        tier = _one(rule_id, page, "tier", TIERS, [match["tier"]])
        yield Rule(
            rule_id,
            page,
            match["anchor"],
            match["rule"].strip(),
            level,
            tier,
            Kind(match["kind"]),
            is_full=False,
        )


def _one(
    rule_id: str, page: str, what: str, allowed: tuple[str, ...], given: list[str]
) -> str:
    found = [word for word in allowed if word in given]
    if len(found) != 1:
        raise RuleError(f"{page}: {rule_id} needs one {what} of {', '.join(allowed)}")
    return found[0]


def all_rules(docs: Path = DOCS) -> list[Rule]:
    """Return the rules of every page, in the order of ids.

    Raises:
        RuleError: if one is written wrongly.
    """
    found = [
        rule
        for path in sorted(docs.rglob("*.md"))
        for rule in rules_of(path.relative_to(docs).as_posix(), path.read_text("utf-8"))
    ]
    return sorted(found, key=lambda rule: _sort_key(rule.id))


def _sort_key(rule_id: str) -> tuple[str, int]:
    name, _, number = rule_id.rpartition("-")
    return name, int(number)
