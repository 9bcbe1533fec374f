"""Search: what people type finds the page that they need.

The queries go to the very worker that the built pages name, in Chromium: it ranks, the
page only draws. So a few hundred take a second, and one that is typed shows that the
page draws in that order.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, Page

from guidance.paths import DOCS, NOTEBOOKS
from guidance.site import search

KINDS = {"subject", "typed"}
FIRST, AMONG = 0.9, 3
FILE = Path(__file__).with_name("search_queries.yml")
QUERIES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))
READY = """async () => {
    const config = JSON.parse(document.getElementById("__config").textContent);
    const root = new URL(config.base + "/", location);
    const index = await (await fetch(new URL("search/pages.json", root))).json();
    const started = async docs => {
        const worker = new Worker(new URL(config.search, location));
        const answer = (type, data) => new Promise((done, fail) => {
            worker.onmessage = event => done(event.data.data);
            worker.onerror = fail;
            worker.postMessage({type, data});
        });
        await answer(0, {...index, docs, options: {suggest: true}});
        return async query => (await answer(2, query)).items;
    };
    const site = await started(index.docs);
    window.ask = async (queries, docs) => {
        const search = docs ? await started(docs) : site;
        const answers = [];
        for (const query of queries) answers.push(await search(query));
        const meant = sections => [{location: sections[0].location}];
        return docs ? answers : answers.map(pages => pages.map(meant)); // texts are slow
    };
}"""

type Section = dict[str, Any]
type Answer = list[list[Section]]
"""The pages that were found, in order; of each the sections, the one that is meant first."""


class Searcher:
    """Asks the worker of the built site; of its pages, it tells the section that is meant."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate(READY)

    def __call__(self, *queries: str, docs: list[Section] | None = None) -> list[Answer]:
        """Return an answer for each query, from the site or from planted sections."""
        asked = "([queries, docs]) => window.ask(queries, docs)"
        answers: list[Answer] = self.page.evaluate(asked, [list(queries), docs])
        return answers


@pytest.fixture(scope="module")
def ask(browser: Browser, site_url: str) -> Iterator[Searcher]:
    """One page for all queries, since the index takes longer than a query."""
    page = browser.new_page()
    page.goto(f"{site_url}start/", wait_until="domcontentloaded")
    yield Searcher(page)
    page.close()


def pages_to_find() -> set[str]:
    """Return the pages of subjects and the notebooks, as paths below docs/."""
    written = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    subjects = {page for page in written if "/" in page and not page.endswith("index.md")}
    notebooks = {f"notebooks/{path.stem}.md" for path in NOTEBOOKS.glob("*.ipynb")}
    return {page for page in subjects if not page.startswith("reference/")} | notebooks


def faults(queries: dict[str, dict[str, Any]], needed: set[str]) -> Iterator[str]:
    """Say what the list of queries lacks, remedy included."""
    pages, later = queries["pages"], queries["later"]
    for page in sorted(needed - pages.keys()):
        moved = f", and move {later[page]} up" if page in later else ""
        yield f"{page}: nobody looks for it: write two queries for it in {FILE.name}{moved}"
    for page, kinds in pages.items():
        if page in later:
            yield f"{page}: exists now: move its queries from later up"
        for kind in sorted(KINDS - {name for name, found in kinds.items() if found}):
            yield f"{page}: has no query of the kind {kind}: write one"
        for kind in kinds.keys() - KINDS:
            yield f"{page}: {kind} is no kind of query: write subject or typed"


def wanted() -> list[tuple[str, str]]:
    """Return each query with the page that it has to find."""
    return [
        (str(query), page)
        for page, kinds in QUERIES["pages"].items()
        for found in kinds.values()
        for query in found
    ]


def url_of(page: str) -> str:
    """Return the address of a page below the site, without an anchor."""
    return re.sub(r"(^|/)index\.md$|\.md$", "/", page)


def pages_of(answer: Answer) -> list[str]:
    """Return the addresses of the pages that were found."""
    return [sections[0]["location"].partition("#")[0] for sections in answer]


def sections_of(answer: Answer) -> list[str]:
    """Return the address of the section that is meant on each page."""
    return [sections[0]["location"] for sections in answer]


# --- the list ----------------------------------------------------------------------


def test_each_page_has_queries() -> None:
    assert list(faults(QUERIES, pages_to_find())) == []
    asked = [query.lower() for query, _ in wanted()]
    assert [query for query in asked if asked.count(query) > 1] == []
    for kind in KINDS:
        assert sum(len(kinds[kind]) for kinds in QUERIES["pages"].values()) >= 20


def test_a_page_without_queries_is_named() -> None:
    queries = {
        "pages": {
            "a/old.md": {"subject": ["old"], "typed": []},
            "a/both.md": {"subject": ["x"], "typed": ["y"], "other": ["z"]},
        },
        "later": {"a/new.md": ["gdpr"], "a/both.md": ["w"]},
    }

    said = list(faults(queries, {"a/old.md", "a/new.md", "a/lone.md"}))

    assert said == [
        "a/lone.md: nobody looks for it: write two queries for it in search_queries.yml",
        "a/new.md: nobody looks for it: write two queries for it in search_queries.yml, "
        "and move ['gdpr'] up",
        "a/old.md: has no query of the kind typed: write one",
        "a/both.md: exists now: move its queries from later up",
        "a/both.md: other is no kind of query: write subject or typed",
    ]


# --- the ranking -------------------------------------------------------------------


def test_people_find_what_they_need(ask: Searcher) -> None:
    queries = wanted()
    answers = [pages_of(answer) for answer in ask(*(query for query, _ in queries))]

    lost, second = [], []
    for (query, page), found in zip(queries, answers, strict=True):
        if url_of(page) not in found[:AMONG]:
            lost.append(f"{query!r} finds {found[:AMONG]}, not {page}: add words to its tags")
        elif url_of(page) != found[0]:
            second.append(f"{query!r} finds {found[0]} before {page}")
    share = 1 - len(lost + second) / len(queries)
    print(f"\nsearch: of {len(queries)} queries, {share:.1%} have their page first")
    assert not lost, "\n".join(lost)
    assert share >= FIRST, f"add words to the tags: {second}"


def test_a_result_leads_to_the_section(ask: Searcher) -> None:
    (answer,) = ask("permission denied for table")

    assert sections_of(answer)[0] == "lifecycle/postgresql/#pg-4"


def test_lists_of_everything_do_not_get_in_the_way(built_site: Path) -> None:
    index = json.loads((built_site / "search/pages.json").read_text("utf-8"))
    indexed = {entry["location"].partition("#")[0] for entry in index["docs"]}

    assert not indexed & {"", "reference/rules/", "reference/verification/", "extraction/"}
    assert {url_of(page) for page in pages_to_find()} <= indexed
    assert "(whole file)" not in str(index)  # of the bar above each block


# --- the worker, on planted pages ----------------------------------------------------


def planted(location: str, title: str, text: str, *tags: str) -> Section:
    """Return a section as the index has it."""
    return {"location": location, "title": title, "text": f"<p>{text}</p>", "tags": [*tags]}


TAGS = ("boto3", "pagination", "paging in S3")
PLANTED = [
    planted("access/", "Sign in", "An access key.", "login"),
    planted("barriers/", "Barriers", "Accessibility. Accessible? Accessibility!", "keyboard"),
    planted("list/", "Lists", "", *TAGS),
    planted("list/#keys", "All keys", "A KeyError, if Contents is absent.", *TAGS),
    planted("list/#ends", "Ends", "Read on. A bucket may hold more.", *TAGS),
    planted("note/", "What must be noted", "What you are to note: the what and the is."),
    planted("table/", "Table", f"{'word ' * 200}gauge {'word ' * 20}"),
    planted("upsert/", "Upsert", "", "insert"),
    planted("write/", "Write", "Insert a row that was refused by the server."),
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("what is a bucket", ["list/#ends"]),  # words that say nothing
        ("must", ["note/"]),  # unless there is no other word
        ("KeyError: 'Contents'", ["list/#keys"]),  # signs, which have a meaning in the theme
        ("list['Contents']:", ["list/#keys"]),
        ('-x +contents "absent" ~', ["list/#keys"]),
        ("rows", ["write/"]),  # the singular
        ("access", ["access/", "barriers/"]),  # the word before its beginnings
        ("insert row refused", ["write/", "upsert/"]),  # all words before a tag
        ("pagintion", ["list/"]),  # a letter may be missing
        ("xyzzy", []),
        ("", []),
    ],
)
def test_the_worker_understands(ask: Searcher, query: str, found: list[str]) -> None:
    (answer,) = ask(query, docs=PLANTED)

    assert sections_of(answer) == found


def test_a_result_shows_what_was_found(ask: Searcher) -> None:
    lists, table = ask("paging of xyzzy keys", "gauge", docs=PLANTED)

    keys, page, *_ = lists[0]
    assert (keys["location"], page["location"]) == ("list/#keys", "list/")
    assert keys["score"] == page["score"]  # Enter takes the first of the best: the page
    assert [re.sub("<.*?>", "", tag) for tag in page["tags"]] == ["paging in S3"]
    assert keys["tags"] is None
    assert re.sub("<.*?>", "", table[0][0]["text"]).startswith("… word")
    assert table[0][0]["text"].index("gauge") < 150


# --- what the reader sees ----------------------------------------------------------


def test_the_page_draws_what_the_worker_found(
    context: BrowserContext, ask: Searcher, site_url: str
) -> None:
    query = "permission denied for table"
    page = context.new_page()
    page.goto(f"{site_url}start/")
    page.focus(".md-search__input")
    page.keyboard.type(query)
    page.wait_for_selector(".md-search-result__item mark >> text=denied")

    drawn: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".md-search-result__item")].map(item =>
            new URL(item.querySelector("a").href).pathname.slice(1))"""
    )
    assert drawn == pages_of(ask(query)[0])[: len(drawn)]
    first = page.locator(".md-search-result__item").first
    assert "#pg-4" in (first.locator("> a").nth(1).get_attribute("href") or "")
    tags = [" ".join(tag.split()) for tag in first.locator(".md-tag").all_inner_texts()]
    assert tags == ["permission denied for table", "permission denied for schema"]


def test_a_page_loads_without_the_words_of_all_others(
    context: BrowserContext, site_url: str
) -> None:
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(site_url)))
    page.goto(f"{site_url}start/", wait_until="networkidle")
    page.focus(".md-search__input")
    assert search.THEME_INDEX in asked
    assert search.PAGES not in asked

    context.route(f"{site_url}{search.PAGES}", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.keyboard.type("pass")
    context.unroute_all()
    page.keyboard.type("word")
    page.wait_for_selector(".md-search-result__item mark >> text=password")


def test_finding_nothing_helps(context: BrowserContext, site_url: str) -> None:
    page = context.new_page()
    page.goto(f"{site_url}404.html")
    page.focus(".md-search__input")
    page.wait_for_selector(".md-search-result__meta >> text=or the words of an error")
    page.keyboard.type("xyzzy")
    page.wait_for_selector(".md-search-result__meta >> text=No page has these words")

    said = page.inner_text(".md-search-result__meta")
    assert "Try fewer words" in said
    assert said.endswith("see Start: Who to ask.")
    assert "## Who to ask" in (DOCS / "start/index.md").read_text("utf-8")


# --- the build ---------------------------------------------------------------------


def test_a_theme_without_its_worker_is_noticed() -> None:
    name, source = search.worker(["a.css", "assets/javascripts/workers/search.0a1b.min.js"])

    assert name == "assets/javascripts/workers/search.0a1b.words.js"
    assert 'importScripts("search.0a1b.min.js");' in source
    with pytest.raises(search.NoSearch, match="the theme has no search worker"):
        search.worker(["assets/javascripts/search.js"])


def test_an_index_that_is_not_there_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(search.NoSearch, match=r"no search/search_index\.json: switch"):
        search.set_aside(tmp_path)
