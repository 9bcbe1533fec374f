"""Freshness: when and on what a page was verified, and which facts are overdue.

The line at the end of a page comes from the evidence of its blocks and from nothing
else; a page without blocks gets none.
"""

import datetime as dt
import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from guidance.site.blocks import Shown
from guidance.site.values import Fact

PROVED = ("executed", "emulated", "planned", "validated")
OPEN = {
    "unproved": ("was not run on this machine", "were not run on this machine"),
    "stale": ("changed since the last run", "changed since the last run"),
    "illustrative": ("is shown but never run", "are shown but never run"),
}
WRITTEN_BY_HAND = re.compile(r"""class=["']?[^"'>]*\b(?:verified|page-owner|page-foot)\b""")
SOON = dt.timedelta(days=30)


def foot_html(blocks: Sequence[Shown], verification: str, owner: str) -> str:
    """Return the end of a page, as HTML, left out of the search; "" if it is empty.

    Args:
        blocks: as the page shows them.
        verification: the way from the page to the page on verification.
        owner: who answers for the page, as HTML; "" to say nothing about it.
    """
    parts = verified_html(blocks, verification)
    if owner:
        parts += f'<p class="page-owner">Owner of this page: {owner}</p>'
    return f'<footer class="page-foot" data-search-exclude>{parts}</footer>' if parts else ""


def verified_html(blocks: Sequence[Shown], verification: str) -> str:
    """Return the line on what was verified, as HTML; "" for a page without blocks."""
    if not blocks:
        return ""
    proved = [shown for shown in blocks if shown.level in PROVED]
    left = [shown for shown in blocks if shown.level not in PROVED]
    parts = [_verified(proved)] if proved else []
    if left:
        parts.append(f'<strong class="verified-not">Not verified: {_open(left)}.</strong>')
    link = f'<a href="{html.escape(verification, quote=True)}">How we verify</a>'
    return f'<p class="verified">{" ".join(parts)} {link}</p>'


def _verified(proved: Sequence[Shown]) -> str:
    blocks = [shown.block for shown in proved if shown.block]
    engines = sorted({engine for block in blocks for engine in block.engines})
    days = sorted(
        {dt.datetime.fromisoformat(block.ran_at).date() for block in blocks if block.ran_at}
    )
    on = f" on {_and(_day(day) for day in days)}" if days else ""
    on += f" with {html.escape(_and(engines))}" if engines else ""
    counts = Counter(shown.level for shown in proved)
    numbers = [f"{counts[level]} {level}" for level in PROVED if counts[level]]
    return f"Verified{on}. Blocks of code: {_and(numbers)}."


def _open(left: Sequence[Shown]) -> str:
    counts = Counter(shown.level for shown in left)
    return _and(
        f"{_number(counts[level])} {one if counts[level] == 1 else more}"
        for level, (one, more) in OPEN.items()
        if counts[level]
    )


def _number(number: int) -> str:
    return f"{number} block" if number == 1 else f"{number} blocks"


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _and(words: Iterable[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def refuse_by_hand(page: str, content: str) -> None:
    """Refuse a page that writes these lines itself.

    Raises:
        ValueError: if the content of the page looks like one of them.
    """
    if found := WRITTEN_BY_HAND.search(content):
        raise ValueError(f"{page}: {found[0]!r} is written by the build alone: drop it")


def due(facts: Iterable[Fact], on: dt.date) -> tuple[list[Fact], list[Fact]]:
    """Return the facts that are overdue on a day, and those due within ``SOON``."""
    waiting = sorted(facts, key=lambda fact: (fact.recheck_by, fact.key))
    overdue = [fact for fact in waiting if fact.is_stale(on)]
    soon = [fact for fact in waiting if on <= fact.recheck_by <= on + SOON]
    return overdue, soon


def facts_report(facts: Sequence[Fact], on: dt.date) -> str:
    """Return a report in Markdown on the facts that have to be read again."""
    overdue, soon = due(facts, on)
    lines = [
        "# Dated facts",
        "",
        f"On {_day(on)}: {len(overdue)} of {len(facts)} overdue, "
        f"{len(soon)} due within {SOON.days} days. Read each again at its source, then set "
        "`text`, `checked_on` and `recheck_by` in `facts.yml`.",
    ]
    for title, found in (("Overdue", overdue), ("Due soon", soon)):
        if found:
            lines += ["", f"## {title}", ""]
            lines += [
                f"- `{fact.key}`, by {_day(fact.recheck_by)}: {fact.text} "
                f"Source: {fact.source}"
                for fact in found
            ]
    return "\n".join(lines) + "\n"
