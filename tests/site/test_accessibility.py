"""WCAG 2.2 AA, as far as a machine can tell: axe, the keyboard, spacing, reflow.

What a machine cannot tell stands in the accessibility statement.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

REPRESENTATIVE = [
    "",
    "storage/s3-and-boto/",
    "notebooks/s3-to-model/",
    "reference/rules/",
    "404.html",
]
PALETTES = ["light", "dark"]
WIDTHS = [1280, 320]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 320, "height": 800}
SPACING = """
    *{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}
    p{margin-bottom:2em!important}
"""  # the values of WCAG 1.4.12
FOCUSED = """() => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const r = e.getBoundingClientRect(), style = getComputedStyle(e);
    const x = Math.min(Math.max(r.left + Math.min(r.width / 2, 20), 1), innerWidth - 2);
    const y = Math.min(Math.max(r.top + r.height / 2, 1), innerHeight - 2);
    const top = document.elementFromPoint(x, y);
    const next = e.matches('.md-option') && e.nextElementSibling;
    const label = next || (e.labels && e.labels[0]);
    const shown = label && (e.type === 'radio' || e.type === 'checkbox') ? label : e;
    const box = shown.getBoundingClientRect(), look = getComputedStyle(shown);
    const parts = [style, look, label && getComputedStyle(label.parentElement)];
    return {
        what: e.tagName + '.' + e.className + '#' + e.id,
        name: (e.getAttribute('aria-label') || e.innerText || e.title ||
               (label && (label.title || label.innerText)) || e.placeholder || '').trim(),
        inside: box.width > 0 && box.right > 0 && box.left < innerWidth &&
                box.bottom > 0 && box.top < innerHeight && look.visibility !== 'hidden',
        uncovered: shown !== e || !!top && (e === top || e.contains(top) || top.contains(e)),
        marked: parts.some(s => s && (s.boxShadow !== 'none'
            || s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)),
    };
}"""
CLIPPED = """() => [...document.querySelectorAll('.md-content *, .hero *')].filter(e => {
    const s = getComputedStyle(e);
    return /hidden|clip/.test(s.overflowX) && e.scrollWidth > e.clientWidth + 2
        && e.clientWidth > 4 && e.innerText;
}).map(e => e.tagName + '.' + e.className)"""
REACHABLE = """() => [...document.querySelectorAll('pre > code')]
    .every(code => code.scrollWidth <= code.clientWidth || code.tabIndex === 0)"""
SCROLLS_SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"


def all_pages(site: Path) -> list[str]:
    """Return the address of every page of a built site, relative to its root."""
    found = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    return sorted(path.removesuffix("index.html") for path in found)


def opened(context: BrowserContext, url: str) -> Page:
    """Open a page, and everything on it that opens."""
    page = context.new_page()
    page.goto(url, wait_until="load")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    page.evaluate("document.fonts.ready")
    drawn = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.evaluate(drawn)  # what watches sizes has seen what was opened
    with contextlib.suppress(PlaywrightTimeout):  # then axe says what is wrong
        page.wait_for_function(REACHABLE, timeout=5_000)
    return page


def violations(page: Page) -> list[str]:
    """Run every rule of axe, best practice included; say what is wrong where."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:120]}"
        for one in found
        for node in one["nodes"]
    ]


def audit(browser: Browser, url: str, palette: str, width: int) -> list[str]:
    """Return what is wrong with a page in one palette at one width."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if palette == "dark" else "light",
        reduced_motion="reduce",
    )
    try:
        page = opened(context, url)
        scheme = page.evaluate("document.body.dataset.mdColorScheme")
        assert scheme == {"light": "default", "dark": "slate"}[palette]
        wrong = violations(page)
        if page.evaluate(SCROLLS_SIDEWAYS):
            wrong.append("reflow: the page scrolls sideways (1.4.10)")
        return wrong
    finally:
        context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("palette", PALETTES)
def test_representative_pages(
    browser: Browser, site_url: str, palette: str, width: int
) -> None:
    wrong = {path: audit(browser, site_url + path, palette, width) for path in REPRESENTATIVE}

    assert {path: found for path, found in wrong.items() if found} == {}


@pytest.mark.audit
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("palette", PALETTES)
def test_every_page(
    browser: Browser, built_site: Path, site_url: str, palette: str, width: int
) -> None:
    paths = all_pages(built_site)
    wrong = {path: audit(browser, site_url + path, palette, width) for path in paths}

    suspects = [path for path, found in wrong.items() if found]
    # On a busy machine a page may not have settled: what is wrong is wrong twice.
    again = {path: audit(browser, site_url + path, palette, width) for path in suspects}

    assert len(paths) >= len(REPRESENTATIVE)
    assert {path: found for path, found in again.items() if found} == {}


def test_the_audit_sees_faults(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text(
        "<html><body data-md-color-scheme='default'><img src='a.png'>"
        "<p style='color:#aaa;background:#fff;width:900px'>pale</p></body></html>"
    )

    wrong = audit(browser, (tmp_path / "bad.html").as_uri(), "light", 320)

    ids = {line.partition(":")[0] for line in wrong}
    assert {"image-alt", "color-contrast", "html-has-lang", "reflow"} <= ids


# --- the keyboard ------------------------------------------------------------------


def stops(page: Page, limit: int = 400) -> Iterator[dict[str, Any]]:
    """Press Tab through a page until the focus leaves it."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        page.evaluate("new Promise(done => requestAnimationFrame(() => done()))")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            return
        yield focused
    raise AssertionError("the focus never leaves the page: a trap (2.1.2)")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "320"])
@pytest.mark.parametrize("path", ["", "extraction/api/"])
def test_tab_reaches_everything_and_shows_where_it_is(
    context: BrowserContext, site_url: str, path: str, size: Any
) -> None:
    page = opened(context, site_url + path)
    page.set_viewport_size(size)
    found = list(stops(page))

    assert found[0]["name"] == "Skip to content"
    for check in ("name", "inside", "uncovered", "marked"):
        assert [stop["what"] for stop in found if not stop[check]] == [], check
    assert any("md-clipboard" in s["what"] or "Copy" in s["name"] for s in found) or not path


def test_the_skip_link_skips(context: BrowserContext, site_url: str) -> None:
    page = opened(context, site_url + "storage/s3-and-boto/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("!!document.activeElement.closest('.md-content')")


def test_the_menu_by_keyboard(context: BrowserContext, site_url: str) -> None:
    page = opened(context, site_url + "storage/s3-and-boto/")
    page.set_viewport_size({"width": 320, "height": 800})
    is_open = "document.getElementById('__drawer').checked"
    page.focus("button.menu-button")
    page.keyboard.press("Enter")

    assert page.evaluate(is_open)
    assert page.evaluate("!!document.activeElement.closest('.md-sidebar--primary')")
    page.keyboard.press("Escape")
    assert not page.evaluate(is_open)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Menu"
    assert page.evaluate("document.querySelector('.md-sidebar--primary').inert")


def test_the_search_by_keyboard(context: BrowserContext, site_url: str) -> None:
    page = opened(context, site_url)
    page.focus(".md-search__input")
    page.wait_for_selector(".md-search-result__meta >> text=the words of an error")  # ready
    page.keyboard.type("paginator")
    page.wait_for_selector(".md-search-result__link")
    page.keyboard.press("ArrowDown")

    assert page.evaluate("document.activeElement.matches('.md-search-result__link')")
    assert violations(page) == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/storage/s3-and-boto/**")


def test_letters_are_no_shortcuts(context: BrowserContext, site_url: str) -> None:
    page = opened(context, site_url + "storage/s3-and-boto/")
    before = page.url
    for key in "sfpn/":
        page.keyboard.press(key)

    assert not page.evaluate("document.getElementById('__search').checked")
    assert page.url == before


def test_the_palette_by_keyboard(context: BrowserContext, site_url: str) -> None:
    page = opened(context, site_url)
    page.focus("input[name=__palette]")
    page.keyboard.press("ArrowDown")

    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"


def test_copying_by_keyboard(context: BrowserContext, site_url: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = opened(context, site_url + "storage/s3-and-boto/")
    page.focus("button[data-md-type=copy] >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_function("navigator.clipboard.readText().then(text => text.length > 0)")

    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("from typing import TYPE_CHECKING\n\nimport boto3\n")


def test_a_wide_table_scrolls_by_keyboard(context: BrowserContext, site_url: str) -> None:
    page = opened(context, site_url + "reference/rules/")
    page.set_viewport_size({"width": 320, "height": 800})
    page.wait_for_selector(".table-scroll[tabindex='0'][role=region][aria-label]")
    page.focus(".table-scroll[tabindex='0']")
    page.keyboard.press("ArrowRight")

    page.wait_for_function("document.activeElement.scrollLeft > 0")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function("!document.activeElement.matches('.table-scroll[tabindex]')")


# --- what readers change ----------------------------------------------------------


@pytest.mark.parametrize("path", REPRESENTATIVE)
def test_wider_spacing_loses_nothing(
    context: BrowserContext, site_url: str, path: str
) -> None:
    page = opened(context, site_url + path)
    page.set_viewport_size({"width": 320, "height": 800})
    page.add_style_tag(content=SPACING)

    assert not page.evaluate(SCROLLS_SIDEWAYS)
    assert page.evaluate(CLIPPED) == []


def test_text_of_twice_the_size_loses_nothing(context: BrowserContext, site_url: str) -> None:
    page = opened(context, site_url + "storage/s3-and-boto/")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.add_style_tag(content="html{font-size:250%!important}")  # 125% is the theme's own

    assert not page.evaluate(SCROLLS_SIDEWAYS)
    assert page.evaluate(CLIPPED) == []


def test_nothing_moves_for_those_who_ask(browser: Browser, site_url: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = opened(context, site_url + "storage/s3-and-boto/")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(e => {
            const s = getComputedStyle(e);
            const time = s.transitionDuration + ',' + s.animationDuration;
            return time.split(',').some(t => parseFloat(t) > 0.001);
        }).map(e => e.tagName + '.' + e.className)"""
    )
    context.close()

    assert moving == []


def test_paper_is_white(browser: Browser, site_url: str) -> None:
    context = browser.new_context(color_scheme="dark", reduced_motion="reduce")
    page = opened(context, site_url + "storage/s3-and-boto/")
    page.emulate_media(media="print")
    colours = page.evaluate(
        """() => ['body', 'pre > code', '.md-typeset h1'].map(name => {
            const s = getComputedStyle(document.querySelector(name));
            return [s.backgroundColor, s.color];
        })"""
    )
    hidden = page.evaluate(
        "['.md-header', '.md-footer', '.md-sidebar', '.md-code__nav'].every(name =>"
        " getComputedStyle(document.querySelector(name)).display === 'none')"
    )
    context.close()

    def light(colour: str) -> bool:
        parts = [float(n) for n in re.findall(r"[\d.]+", colour)]
        return sum(parts[:3]) > 600 or parts[3:] == [0]

    assert all(light(back) and not light(text) for back, text in colours), colours
    assert hidden
