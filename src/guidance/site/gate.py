"""The gate: nothing is published that this run did not prove.

It reads the *built* HTML, so that no way of writing a page leads around it, and it
accepts a block only if its container names a region whose text, as rendered, is in
the evidence. The same words typed by hand do not pass.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from guidance.evidence import regions
from guidance.evidence.store import Evidence
from guidance.site.diagrams import faults
from guidance.site.rules import Kind, Rule
from guidance.site.waivers import Waiver

MINIMUM_BLOCKS = 40
"""Fewer blocks than this on the whole site mean that the gate has gone blind."""

BLOCKS = "pre, textarea, samp, code, xmp, listing, plaintext"


@dataclass(frozen=True)
class Problem:
    """Something that must not be published: where, what, and the remedy."""

    page: str
    what: str

    def __str__(self) -> str:
        return f"{self.page}: {self.what}"


@dataclass(frozen=True)
class Gate:
    """Judges a built site.

    Attributes:
        evidence: of the full test run that goes with it.
        rules: every rule of the pages. waivers: by ref.
        today: decides which waivers still hold.
    """

    evidence: Evidence
    rules: list[Rule]
    waivers: dict[str, Waiver]
    today: dt.date
    minimum_blocks: int = MINIMUM_BLOCKS

    def problems(self, site: Path) -> list[Problem]:
        """Return everything that is wrong with the site, empty if nothing is."""
        found: list[Problem] = []
        blocks = 0
        refs: dict[str, set[str]] = {}
        for path in sorted(site.rglob("*.html")):
            page = path.relative_to(site).as_posix()
            tree = LexborHTMLParser(path.read_text("utf-8"))
            for node in _blocks(tree):
                blocks += 1
                found += self._judge(page, node)
                if ref := _ref(node):
                    refs.setdefault(page, set()).add(ref)
            found += [Problem(page, fault) for fault in faults(tree)]
        if blocks < self.minimum_blocks:
            found.append(
                Problem(
                    "the site",
                    f"has {blocks} blocks, fewer than {self.minimum_blocks}: the gate "
                    "does not see them, or pages are missing",
                )
            )
        found += self._waivers(refs)
        found += self._rules(site, refs)
        found += self._uncovered()
        return found

    # --- blocks ------------------------------------------------------------------

    def _judge(self, page: str, node: LexborNode) -> Iterator[Problem]:
        text = node.text()
        first = text.strip().splitlines()[0][:60] if text.strip() else ""
        if not first:
            yield Problem(page, "has an empty block: remove it")
            return
        ref = _ref(node)
        if ref is None:
            yield Problem(
                page,
                f"shows {first!r}, typed by hand: put it into a file under examples/ "
                "and include that",
            )
            return
        if ref in self.waivers:
            return  # judged with the waivers
        block = self.evidence.blocks.get(ref)
        if block is None:
            yield Problem(page, f"{ref} is not in this run's evidence: run all tests")
        elif block.level is None:
            yield Problem(page, f"{ref} {block.problem}")
        elif block.sha256 != regions.digest(text):
            yield Problem(page, f"{ref} is not what the tests ran: run all tests again")
        elif _level(node) != block.level:
            yield Problem(page, f"{ref} claims {_level(node)}, but was {block.level}")

    # --- waivers, rules, coverage ----------------------------------------------------

    def _waivers(self, refs: dict[str, set[str]]) -> Iterator[Problem]:
        shown = {ref for found in refs.values() for ref in found}
        for ref, waiver in self.waivers.items():
            if not waiver.is_live(self.today):
                yield Problem(
                    "waivers.yml", f"{ref} expired on {waiver.expires}: prove it or drop it"
                )
            elif ref not in shown:
                yield Problem("waivers.yml", f"{ref} is on no page: drop the waiver")

    def _rules(self, site: Path, refs: dict[str, set[str]]) -> Iterator[Problem]:
        seen: dict[str, str] = {}
        for rule in self.rules:
            if rule.id in seen:
                yield Problem(rule.page, f"{rule.id} is on {seen[rule.id]} too: renumber")
            seen[rule.id] = rule.page
            page = html_path(rule.page)
            yield from self._rule(rule, refs.get(page, set()))
            yield from self._rule_on_page(rule, site / page)
        for rule_id, proofs in self.evidence.rules.items():
            if rule_id not in seen:
                yield Problem(proofs[0].test, f"proves {rule_id}, which no page states")

    def _rule(self, rule: Rule, refs: set[str]) -> Iterator[Problem]:
        proofs = self.evidence.rules.get(rule.id, [])
        if rule.kind is not Kind.PROVED:
            if proofs:
                yield Problem(
                    rule.page,
                    f"{rule.id} says {rule.kind}, but {proofs[0].test} proves it",
                )
            return
        if not proofs:
            yield Problem(
                rule.page,
                f'{rule.id} has no proof: mark a test with rule("{rule.id}"), or '
                "declare it judged",
            )
        elif not any(refs & set(proof.refs) for proof in proofs):
            yield Problem(
                rule.page,
                f"{rule.id}: {proofs[0].test} runs no block of its page: show what the "
                "test runs, or run what the page shows",
            )
        for ref in rule.counter_examples:
            if not any(proof.has_twins and ref in proof.refs for proof in proofs):
                yield Problem(
                    rule.page,
                    f"{rule.id}: no test holds {ref} against its good twin: use twins()",
                )

    def _rule_on_page(self, rule: Rule, path: Path) -> Iterator[Problem]:
        if not path.is_file():
            yield Problem(rule.page, f"{rule.id} is on a page that was not built")
            return
        tree = LexborHTMLParser(path.read_text("utf-8"))
        node = tree.css_first(f'[id="{rule.anchor}"]')
        if node is None:
            yield Problem(rule.page, f"{rule.id} has lost its anchor #{rule.anchor}")
        elif _closest(node, "data-proof") != str(rule.kind):
            yield Problem(rule.page, f"{rule.id} does not show that it is {rule.kind}")

    def _uncovered(self) -> Iterator[Problem]:
        for file, lines in self.evidence.uncovered.items():
            shown = ", ".join(map(str, lines[:8]))
            yield Problem(file, f"no passing test ran line {shown}: test it or drop it")


def html_path(page: str) -> str:
    """Return the built file of a page: ``a/b.md`` becomes ``a/b/index.html``."""
    stem = page.removesuffix(".md")
    if stem == "index" or stem.endswith("/index"):
        return f"{stem}.html"
    return f"{stem}/index.html"


def _blocks(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    for node in tree.css(BLOCKS):
        if node.tag == "code" and (_within(node, "pre") or not _has_lines(node)):
            continue
        if node.tag != "pre" and _within(node, "pre"):
            continue
        yield node


def _has_lines(node: LexborNode) -> bool:
    return "\n" in node.text() or node.css_first("br") is not None


def _within(node: LexborNode, tag: str) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag == tag:
            return True
        parent = parent.parent
    return False


def _closest(node: LexborNode | None, attribute: str) -> str | None:
    while node is not None:
        if value := (node.attributes or {}).get(attribute):
            return value
        node = node.parent
    return None


def _ref(node: LexborNode) -> str | None:
    return _closest(node, "data-ref")


def _level(node: LexborNode) -> str | None:
    return _closest(node, "data-evidence")
