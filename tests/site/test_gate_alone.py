"""The gate's verdict on one small page after another, fault by fault."""

import datetime as dt
import re
from pathlib import Path

import pytest

from guidance.evidence import regions
from guidance.evidence.store import Block, Evidence, RuleProof
from guidance.site.blocks import BlockLabeller, Shown, badge, claim
from guidance.site.gate import MINIMUM_BLOCKS, Gate, html_path
from guidance.site.rules import Kind, Rule, all_rules, rules_of
from guidance.site.waivers import Waiver

TODAY = dt.date(2026, 11, 28)
REF = "examples/a.py:one"
WRONG = "examples/a/wrong/b.py"
TEXT = "print(1)"
GOOD = (
    f'<div data-ref="{REF}" data-evidence="executed"><pre><code>{TEXT}\n</code></pre></div>'
    '<section data-proof="proved"><h3 id="x-1">X-1</h3></section>'
)
RUN = Block(regions.digest(TEXT), "executed")


def rule(**fields: object) -> Rule:
    """Return a rule that its page shows as proved."""
    given = {
        **{"id": "X-1", "page": "p.md", "anchor": "x-1", "title": "Do", "level": "must"},
        **{"tier": "core", "kind": Kind.PROVED, "is_full": True},
        **fields,
    }
    return Rule(**given)  # type: ignore[arg-type]


def waiver(ref: str = REF, *, days: int = 0) -> dict[str, Waiver]:
    """Return a waiver that holds for so many days more."""
    return {ref: Waiver(ref, "test", "nobody", TODAY + dt.timedelta(days=days))}


def verdict(
    folder: Path,
    html: str = GOOD,
    *,
    blocks: dict[str, Block] | None = None,
    proofs: list[RuleProof] | None = None,
    rules: list[Rule] | None = None,
    waivers: dict[str, Waiver] | None = None,
    uncovered: dict[str, list[int]] | None = None,
    minimum: int = 1,
) -> list[str]:
    """Judge a site of one page, of which by default nothing is wrong."""
    (folder / "p").mkdir(exist_ok=True)
    (folder / "p/index.html").write_text(html, "utf-8")
    evidence = Evidence(
        blocks={REF: RUN} if blocks is None else blocks,
        rules={"X-1": [RuleProof("t", [REF], has_twins=False)] if proofs is None else proofs},
        uncovered=uncovered or {},
    )
    judged = [rule()] if rules is None else rules
    gate = Gate(evidence, judged, waivers or {}, TODAY, minimum)
    return [str(problem) for problem in gate.problems(folder)]


def test_nothing_is_wrong_with_what_was_proved(tmp_path: Path) -> None:
    assert verdict(tmp_path) == []


def test_a_gate_that_sees_too_little_is_blind(tmp_path: Path) -> None:
    assert verdict(tmp_path, minimum=2) == [
        "the site: has 1 blocks, fewer than 2: "
        "the gate does not see them, or pages are missing"
    ]
    assert Gate(Evidence(), [], {}, TODAY).minimum_blocks == MINIMUM_BLOCKS == 40


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (None, f"p/index.html: {REF} is not in this run's evidence: run all tests"),
        (Block("", None, problem="never ran"), f"p/index.html: {REF} never ran"),
        (Block("0", "executed"), f"{REF} is not what the tests ran: run all tests again"),
        (Block(RUN.sha256, "emulated"), f"{REF} claims executed, but was emulated"),
    ],
)
def test_a_block_needs_the_evidence_that_it_claims(
    tmp_path: Path, block: Block | None, says: str
) -> None:
    [problem] = verdict(tmp_path, blocks={} if block is None else {REF: block})

    assert says in problem


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("<pre>ls\nand more</pre>", "shows 'ls', typed by hand"),
        (f"<pre>{'x' * 70}</pre>", f"shows '{'x' * 60}', typed by hand"),
        ("<pre> \n</pre>", "has an empty block: remove it"),
        ("<code>one\ntwo</code>", "shows 'one', typed by hand"),
        ("<p><code>one<br>two</code></p>", "shows 'onetwo', typed by hand"),
        ("<pre><samp>ls</samp></pre>", "shows 'ls', typed by hand"),
        ("<div class=mermaid>a</div>", "put it into a .mmd file"),
    ],
)
def test_words_typed_by_hand_are_seen_once(tmp_path: Path, html: str, says: str) -> None:
    [problem] = verdict(tmp_path, GOOD + html)

    assert says in problem


@pytest.mark.parametrize("html", ["<code>inline</code>", "<p>words</p>"])
def test_words_are_no_block(tmp_path: Path, html: str) -> None:
    assert verdict(tmp_path, GOOD + html) == []


@pytest.mark.parametrize(
    ("waivers", "says"),
    [
        (waiver(), []),
        (waiver(days=-1), [f"waivers.yml: {REF} expired on 2026-11-27: prove it or drop it"]),
        (
            waiver("examples/gone.py"),
            ["waivers.yml: examples/gone.py is on no page: drop the waiver"],
        ),
    ],
)
def test_a_waiver_holds_for_a_while_and_for_what_is_shown(
    tmp_path: Path, waivers: dict[str, Waiver], says: list[str]
) -> None:
    blocks = {} if REF in waivers else {REF: RUN}

    assert verdict(tmp_path, blocks=blocks, waivers=waivers) == says


TWIN = RuleProof("u", [WRONG], has_twins=True)
SHOWN = RuleProof("t", [REF], has_twins=False)
UNHELD = f"p.md: X-1: no test holds {WRONG} against its good twin: use twins()"


@pytest.mark.parametrize(
    ("proofs", "says"),
    [
        ([SHOWN, TWIN], []),
        ([SHOWN], [UNHELD]),
        ([SHOWN, RuleProof("u", [WRONG], has_twins=False)], [UNHELD]),
        ([RuleProof("t", [REF], has_twins=True)], [UNHELD]),
    ],
)
def test_a_counter_example_is_held_by_a_test_with_twins_that_runs_it(
    tmp_path: Path, proofs: list[RuleProof], says: list[str]
) -> None:
    found = verdict(tmp_path, rules=[rule(shown=(REF, WRONG))], proofs=proofs)

    assert found == says


@pytest.mark.parametrize(
    ("fields", "proofs", "says"),
    [
        ({}, [], 'X-1 has no proof: mark a test with rule("X-1"), or declare it judged'),
        (
            {},
            [RuleProof("t", ["examples/b.py"], has_twins=False)],
            "runs no block of its page",
        ),
        ({"kind": Kind.JUDGED}, [SHOWN], "X-1 says judged, but t proves it"),
        ({"anchor": "gone"}, [SHOWN], "X-1 has lost its anchor #gone"),
        ({"page": "gone.md"}, [SHOWN], "X-1 is on a page that was not built"),
    ],
)
def test_a_rule_is_what_it_says(
    tmp_path: Path, fields: dict[str, object], proofs: list[RuleProof], says: str
) -> None:
    found = verdict(tmp_path, rules=[rule(**fields)], proofs=proofs)

    assert any(says in problem for problem in found)


def test_a_rule_shows_how_it_is_held(tmp_path: Path) -> None:
    html = GOOD.replace('data-proof="proved"', 'data-proof="judged"')

    assert verdict(tmp_path, html) == ["p.md: X-1 does not show that it is proved"]
    judged = [rule(kind=Kind.JUDGED)]
    found = verdict(tmp_path, html, rules=judged, proofs=[])
    assert "no proof" not in " ".join(found)


def test_an_id_is_used_once_and_only_for_rules(tmp_path: Path) -> None:
    assert verdict(tmp_path, rules=[rule(), rule()]) == ["p.md: X-1 is on p.md too: renumber"]
    assert verdict(tmp_path, rules=[]) == ["t: proves X-1, which no page states"]


def test_lines_that_no_test_ran_are_named(tmp_path: Path) -> None:
    assert verdict(tmp_path, uncovered={"examples/a.py": list(range(1, 11))}) == [
        "examples/a.py: no passing test ran line 1, 2, 3, 4, 5, 6, 7, 8: test it or drop it"
    ]


@pytest.mark.parametrize(
    ("page", "built"),
    [
        ("a/b.md", "a/b/index.html"),
        ("index.md", "index.html"),
        ("a/index.md", "a/index.html"),
        ("a/myindex.md", "a/myindex/index.html"),
    ],
)
def test_a_page_is_looked_for_where_it_is_built(page: str, built: str) -> None:
    assert html_path(page) == built


# --- labels -----------------------------------------------------------------------------

PAGE = '```python title="mine"\n--8<-- "examples/river-levels-etl/dbt/dbt_project.yml"\n```\n'
FILE = "examples/river-levels-etl/dbt/dbt_project.yml"
FILE_SHA256 = regions.find(FILE).sha256


@pytest.mark.parametrize(
    ("block", "waivers", "level"),
    [
        (Block(FILE_SHA256, "executed"), {}, "executed"),
        (Block("0", "executed"), {}, "stale"),
        (Block("", None, problem="never ran"), {}, "unproved"),
        (None, {}, "unproved"),
        (Block(FILE_SHA256, "executed"), waiver(FILE), "illustrative"),
    ],
)
def test_a_block_is_labelled_by_its_evidence(
    block: Block | None, waivers: dict[str, Waiver], level: str
) -> None:
    labeller = BlockLabeller(Evidence(blocks={FILE: block} if block else {}), waivers)

    text = labeller.markdown("a.md", PAGE)

    assert text.startswith(f'```python title="{labeller.nonce}-0"\n--8<-- "{FILE}"\n```')
    assert labeller.titles == [Shown(FILE, level, block)]
    content = f'<div class="a highlight"><span class="filename">{labeller.nonce}-0</span>x'
    assert labeller.shown_in(content) == labeller.titles
    html = labeller.html(content, "../")
    assert f'<div class="a highlight" data-ref="{FILE}" data-evidence="{level}">' in html
    assert f'<a href="../{FILE}">' in html
    assert labeller.nonce not in html
    assert "What goes wrong" not in html


def test_titles_of_other_fences_stay(tmp_path: Path) -> None:
    labeller = BlockLabeller(Evidence(), {})

    for text in ("```python\nprint(1)\n```\n", PAGE.replace("dbt_project", "nowhere")):
        assert labeller.markdown("a.md", text) == text
    assert labeller.titles == []
    assert re.fullmatch(r"block[0-9a-f]{16}", labeller.nonce)
    assert BlockLabeller(Evidence(), {}).nonce != labeller.nonce


def test_a_counter_example_looks_like_one() -> None:
    labeller = BlockLabeller(Evidence(), {})
    title = labeller.label(f"{WRONG}:part#1", "x")

    html = labeller.html(f'<div class="highlight"><span class="filename">{title}</span>', "")

    assert 'class="highlight counter-example"' in html
    assert f'<strong class="wrong-label">What goes wrong</strong> <a href="{WRONG}">' in html


@pytest.mark.parametrize(
    ("level", "block", "said"),
    [
        ("executed", Block("", "executed", ["PostgreSQL 18"]), "Executed on PostgreSQL 18"),
        ("executed", Block("", "executed", ["a", "b"]), "Executed on a, b"),
        ("executed", Block("", "executed"), "Executed"),
        ("validated", Block("", "validated", ["x"], ["y", "z"]), "Validated by y, z"),
        ("stale", Block("", "executed", ["x"]), "Changed since the last run"),
        ("unproved", None, "Not run on this machine"),
    ],
)
def test_a_badge_says_how_and_on_what(level: str, block: Block | None, said: str) -> None:
    shown = Shown("examples/a.py", level, block)

    assert claim(shown) == said
    assert badge(shown) == f'<span class="badge badge--{level}">{said}</span>'


# --- rules ------------------------------------------------------------------------------


def test_a_rule_shows_what_its_own_section_includes() -> None:
    text = (
        '### A-1 One { #a-1 .must .core .checked }\n\n--8<-- "a.py"\n\n#### More\n\n'
        '--8<-- "b.py"\n\n### A-2 Two { #a-2 .may .service }\n\n--8<-- "c.py"\n\n## Then\n\n'
        '--8<-- "d.py"\n'
    )

    one, two = rules_of("p.md", text)

    assert (one.shown, two.shown) == (("a.py", "b.py"), ("c.py",))
    assert (one.kind, two.kind) == (Kind.CHECKED, Kind.PROVED)
    assert (one.anchor, one.title, one.is_full) == ("a-1", "One", True)
    assert (two.level, two.tier) == ("may", "service")


def test_rules_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    row = "| **{0}**{{ #{1} }} | MUST | core | Do. | Why. | judged |\n"
    for page, ids in {"b.md": ["B-2", "A-10"], "a/c.md": ["B-10", "A-9"]}.items():
        (tmp_path / page).parent.mkdir(exist_ok=True)
        text = "".join(row.format(one, one.lower()) for one in ids)
        (tmp_path / page).write_text(text, "utf-8")

    found = all_rules(tmp_path)

    assert [(one.id, one.page) for one in found] == [
        *(("A-9", "a/c.md"), ("A-10", "b.md")),
        *(("B-2", "b.md"), ("B-10", "a/c.md")),
    ]
    assert not found[0].is_full
    assert found[0].shown == ()
