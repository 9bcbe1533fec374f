"""The site needs nothing but itself, and its pages allow nothing else."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request

from guidance.site import csp

KINDS = [
    "",
    "start/",
    "storage/s3-and-boto/",
    "notebooks/s3-to-model/",
    "reference/rules/",
    "reference/verification/",
    "404.html",
]


def test_no_request_leaves_and_nothing_breaks(browser: Browser, site_url: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    outside: list[str] = []
    complaints: list[str] = []

    def note_request(request: Request) -> None:
        if not request.url.startswith((site_url, "data:", "blob:" + site_url)):
            outside.append(request.url)

    def note_message(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    context.on("request", note_request)
    context.on("console", note_message)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    for path in KINDS:
        page.goto(site_url + path, wait_until="networkidle")
    page.goto(site_url, wait_until="load")
    page.click(".md-search__input")
    page.wait_for_selector(".md-search-result__meta >> text=the words of an error")  # ready
    page.keyboard.type("paginator")
    page.wait_for_selector(".md-search-result__link")  # the worker ran
    context.close()

    assert outside == []
    assert complaints == []


def test_a_page_carries_a_policy_without_holes(built_site: Path) -> None:
    for path in built_site.rglob("*.html"):
        found = re.search(r'Policy" content="([^"]+)"', path.read_text("utf-8"))
        assert found, path
        assert "unsafe" not in found[1]
        assert "http" not in found[1]
        assert "default-src 'none'" in found[1]


def test_the_policy_stops_what_is_not_ours(
    browser: Browser, built_site: Path, tmp_path: Path
) -> None:
    page_text = (built_site / "404.html").read_text("utf-8")
    planted = (
        "<p id=x>intact</p><script>document.getElementById('x').textContent='run'</script>"
    )
    (tmp_path / "page.html").write_text(page_text.replace("</body>", f"{planted}</body>"))
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri(), wait_until="load")

    assert page.text_content("#x") == "intact"
    page.close()


def test_a_theme_without_a_place_for_it_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no place"):
        csp.with_policy("<html><head></head></html>")
