"""The pages that are written by the build: verification, rules, local values."""

import datetime as dt
import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from mkdocs.structure.files import Files

from guidance.evidence.store import Evidence, RuleProof
from guidance.site.blocks import LABELS
from guidance.site.rules import Kind, Rule
from guidance.site.values import Fact, LocalValue, local_html, overdue_html, source_html

LEVEL_TEXT = {
    "executed": "ran for real",
    "emulated": "ran against an emulator of the AWS service",
    "planned": "Terraform planned or applied it against an emulator or a mock",
    "validated": "a schema or linter that could reject it did not",
}


def verification(
    evidence: Evidence,
    passes: Iterable[Evidence],
    shown: dict[str, list[str]],
    rules: list[Rule],
) -> str:
    """Return the page that says what was executed on what."""
    run = evidence.run
    parts = [
        _front_matter(
            "Verification",
            "What was executed on what: every code block and every rule of this site.",
            ["verification", "evidence", "badge", "executed", "emulated", "engine"],
            is_list=True,
        ),
        "# Verification",
        _run_sentence(run),
        "## Code blocks by level",
        _levels(evidence),
        "## Rules by kind of proof",
        _kinds(evidence, rules),
        "## Engines",
        _engines(evidence, passes),
        "## Tests that were skipped",
        _skipped(evidence),
        "## Every block",
        _blocks(evidence, shown),
    ]
    return "\n\n".join(parts) + "\n"


def figures(evidence: Evidence, rules: list[Rule]) -> list[dict[str, str]]:
    """Return what the home page says about the last run, in numbers."""
    levels = Counter(block.level for block in evidence.blocks.values())
    proved = sum(rule.kind is Kind.PROVED and rule.id in evidence.rules for rule in rules)
    tests = evidence.run.get("tests")
    passed = dict(tests).get("passed", 0) if isinstance(tests, dict) else 0
    run = str(evidence.run.get("finished_at", ""))[:10] or "not yet"
    return [
        {"number": f"{levels['executed']:,}", "what": "blocks ran for real"},
        {"number": f"{levels['emulated']:,}", "what": "blocks ran on an emulator of AWS"},
        {"number": f"{proved:,} of {len(rules):,}", "what": "rules proved by a test"},
        {"number": f"{passed:,}", "what": "tests passed"},
        {"number": run, "what": "last run"},
    ]


def _front_matter(
    title: str, description: str, tags: list[str], *, is_list: bool = False
) -> str:
    """Write the front matter; a list of what other pages say is not searched."""
    fields = {"title": title, "description": description, "tier": "core", "tags": tags}
    return front_matter(fields | ({"search": {"exclude": True}} if is_list else {}))


def front_matter(fields: Mapping[str, object]) -> str:
    """Write fields as the front matter of a page."""
    return f"---\n{yaml.safe_dump(dict(fields), sort_keys=False)}---"


def _run_sentence(run: dict[str, object]) -> str:
    if not run:
        return (
            "No test run has left its evidence on this machine yet. "
            "Run `uv run pytest`, then build the site again."
        )
    tests = run.get("tests")
    counts = dict(tests) if isinstance(tests, dict) else {}
    outcomes = ", ".join(f"{number:,} {outcome}" for outcome, number in counts.items())
    commit = str(run.get("commit", ""))[:10] or "unknown"
    changed = "" if run.get("is_clean") else " with uncommitted changes"
    return (
        f"Test run of {_moment(str(run.get('finished_at')))} on commit `{commit}`{changed}, "
        f"Python {run.get('python')}, {run.get('platform')}: {outcomes}."
    )


def _moment(text: str) -> str:
    moment = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _levels(evidence: Evidence) -> str:
    counts = Counter(block.level for block in evidence.blocks.values())
    rows = [
        f"| {LABELS[level]} | {text} | {counts.get(level, 0)} |"
        for level, text in LEVEL_TEXT.items()
    ]
    unproved = counts.get(None, 0)
    if unproved:
        rows.append(f"| Unproved | not run on this machine | {unproved} |")
    total = sum(counts.values())
    head = ["| Level | What it means | Blocks |", "| --- | --- | ---: |"]
    return "\n".join([*head, *rows, f"| **All** | | **{total}** |"])


def _kinds(evidence: Evidence, rules: list[Rule]) -> str:
    proved = sum(r.kind is Kind.PROVED and r.id in evidence.rules for r in rules)
    open_ = sum(r.kind is Kind.PROVED and r.id not in evidence.rules for r in rules)
    rows = [
        f"| Proved | a test here fails when the rule is broken | {proved} |",
        "| Checked | a check that a team runs on its own repository | "
        f"{sum(r.kind is Kind.CHECKED for r in rules)} |",
        f"| Judged | a person has to look | {sum(r.kind is Kind.JUDGED for r in rules)} |",
    ]
    if open_:
        rows.append(f"| Unproved | its test did not run on this machine | {open_} |")
    head = ["| Kind | What it means | Rules |", "| --- | --- | ---: |"]
    return "\n".join([*head, *rows, f"| **All** | | **{len(rules)}** |"])


def _engines(evidence: Evidence, passes: Iterable[Evidence]) -> str:
    rows = [
        f"| {html.escape(name)} | {_counts(counts)} |"
        for one in (evidence, *passes)
        for name, counts in one.engines.items()
    ]
    if not rows:
        return "None yet."
    return "\n".join(["| Engine | Tests |", "| --- | --- |", *rows])


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))


def _skipped(evidence: Evidence) -> str:
    if not evidence.skipped:
        return "None."
    rows = [
        f"| `{test}` | {html.escape(reason)} |"
        for test, reason in sorted(evidence.skipped.items())
    ]
    return "\n".join(["| Test | Reason |", "| --- | --- |", *rows])


def _blocks(evidence: Evidence, shown: dict[str, list[str]]) -> str:
    rows = []
    for ref, block in sorted(evidence.blocks.items()):
        label = LABELS.get(block.level or "unproved", "")
        on = ", ".join([*block.tools, *block.engines])
        tests = "<br>".join(f"`{_short(test)}`" for test in block.tests[:3])
        if more := len(block.tests[3:]):
            tests += f"<br>and {more} more"
        pages = ", ".join(
            f"[{page.removesuffix('.md')}](../{page})" for page in shown.get(ref, [])
        )
        rows.append(f"| `{ref}` | {label} | {on} | {tests or 'none'} | {pages} |")
    head = [
        "| Block | Level | On | Tests | Page |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows])


def _short(test: str) -> str:
    return test.removeprefix("tests/")


def rules_index(evidence: Evidence, rules: list[Rule], titles: Mapping[str, str]) -> str:
    """Return the page with all rules, in a table for each page.

    Args:
        titles: of the pages, by their path.
    """
    parts = [
        _front_matter(
            "Rules",
            "Every rule of this site, page by page, with its proof.",
            ["rules", "MUST", "SHOULD", "MAY", "tier", "proof"],
            is_list=True,
        ),
        "# Rules",
        "Deviating from a MUST needs a short decision record, from a SHOULD a sentence "
        "in the pull request. **Core** rules hold for every pipeline, **service** rules "
        "for one that feeds a service or a decision, **sensitive** rules for personal "
        "data, a statutory return, or what the public sees.",
        f"{len(rules)} rules. *Proved* means that a test fails when the rule is broken, "
        "*judged* that no machine can tell: a person looks.",
    ]
    of_page: dict[str, list[Rule]] = {}
    for rule in rules:
        of_page.setdefault(rule.page, []).append(rule)
    for page in sorted(of_page, key=list(titles).index):
        rows = [_rule_row(rule, evidence.rules.get(rule.id, [])) for rule in of_page[page]]
        head = [
            "| Rule | Level | Tier | What to do | Proof |",
            "| --- | --- | --- | --- | --- |",
        ]
        parts += [f"## {titles.get(page, page)}", "\n".join([*head, *rows])]
    return "\n\n".join(parts) + "\n"


def _rule_row(rule: Rule, proofs: list[RuleProof]) -> str:
    proof = str(rule.kind)
    if rule.kind is Kind.PROVED:
        tests = len({p.test.partition("[")[0] for p in proofs})
        proof = f"{tests} test{'s' * (tests != 1)}" if tests else "not run here"
        if any(p.has_twins for p in proofs):
            proof += ', <span class="nowrap">counter-example</span>'
    link = f'[<span class="rule-id">{rule.id}</span>](../{rule.page}#{rule.anchor})'
    return f"| {link} | {rule.level.upper()} | {rule.tier} | {rule.title} | {proof} |"


def local_values(values: dict[str, LocalValue], facts: dict[str, Fact], today: dt.date) -> str:
    """Return the page of what only the councils know, and of dated facts."""
    unset = sum(value.value is None for value in values.values())
    rows = [
        f"| `{value.key}` | {value.what} | {value.ask} | {local_html(value)} |"
        for value in values.values()
    ]
    fact_rows = [
        f"| {fact.text} | {source_html(fact)} | {fact.checked_on} | "
        f"{overdue_html(fact, today) or fact.recheck_by} |"
        for fact in facts.values()
    ]
    parts = [
        _front_matter(
            "Local values and dated facts",
            "What only the councils can fill in, and what has to be checked again.",
            ["local values", "contact", "who to ask", "owner", "facts", "out of date"],
        ),
        "# Local values and dated facts",
        "## Local values",
        f"{unset} of {len(values)} are not filled in yet. We invent nothing: where a "
        "page needs one of these, it shows the question to ask. Fill them in in "
        "`local-values.yml`.",
        "\n".join(
            [
                "| Key | What it is | Who knows it | Value |",
                "| --- | --- | --- | --- |",
                *rows,
            ]
        ),
        "## Dated facts",
        "Prices, quotas, legal dates and version defaults rot. Each was read at its "
        "source on the day given, and is read again by the day given. They live in "
        "`facts.yml`.",
        "\n".join(
            [
                "| Fact | Source | Checked on | Check again by |",
                "| --- | --- | --- | --- |",
                *fact_rows,
            ]
        ),
    ]
    return "\n\n".join(parts) + "\n"


def titles(files: Files, nav: Any) -> dict[str, str]:
    """Return the title of each written page, by its path, in the navigation's order."""
    order = _paths(nav)
    found = {}
    for file in files.documentation_pages():
        title = re.search(r"^title: (.+)$", file.content_string, re.MULTILINE)
        found[file.src_uri] = title[1].strip() if title else file.src_uri
    return dict(sorted(found.items(), key=lambda item: (*_place(order, item[0]), item[0])))


def _paths(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    entries = nav.values() if isinstance(nav, dict) else nav or []
    return [path for entry in entries for path in _paths(entry)]


def _place(order: list[str], path: str) -> tuple[bool, int]:
    return (False, order.index(path)) if path in order else (True, 0)
