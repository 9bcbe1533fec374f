"""Search: the theme's own, with queries as people type them.

``search_worker.js`` stands between the page and the theme's worker; here it gets into the
site, and the pages get to know it. It fetches the words of all pages when somebody searches;
the file that the theme loads with each page holds none.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

THEME_WORKER = re.compile(r"assets/javascripts/workers/search\.\w+\.min\.js")
PAGES = "search/pages.json"
THEME_INDEX = "search/search_index.json"
SOURCE = Path(__file__).with_name("search_worker.js")
CONFIG = re.compile(r'(<script id="__config" type="application/json">)(.*?)(</script>)', re.S)
WORDS = {
    "search.result.placeholder": "Type what you want to do, or the words of an error",
    "search.result.none": (
        "No page has these words. Try fewer words, or those of the error message. "
        "If the guidance does not have it, see Start: Who to ask."
    ),
    "search.result.one": "1 page",
    "search.result.other": "# pages",
}


class NoSearch(Exception):
    """The theme does not search as it did; says what is missing."""


def worker(names: Iterable[str]) -> tuple[str, str]:
    """Return the path and the source of our worker.

    Args:
        names: the paths of the site's files, the theme's among them.

    Raises:
        NoSearch: if the theme's worker is not one of them.
    """
    for name in names:
        if THEME_WORKER.fullmatch(name):
            source = SOURCE.read_text("utf-8")
            theirs = name.rpartition("/")[2]
            return _ours(name), source.replace("{theme}", theirs).replace("{pages}", PAGES)
    raise NoSearch("the theme has no search worker: look at search.py, then at the theme")


def set_aside(site: Path) -> None:
    """Take the words of all pages out of the file that each page loads.

    Raises:
        NoSearch: if the theme's plugin wrote no index.
    """
    index = site / THEME_INDEX
    if not index.is_file():
        raise NoSearch(f"the site has no {THEME_INDEX}: switch the search plugin on")
    whole = json.loads(index.read_text("utf-8"))
    index.replace(site / PAGES)
    index.write_text(json.dumps(whole | {"docs": []}), encoding="utf-8", newline="\n")


def _ours(theirs: str) -> str:
    return theirs.replace(".min.js", ".words.js")


def connected(page: str) -> str:
    """Let a page search through our worker, and say helpful things when it finds nothing."""

    def changed(match: re.Match[str]) -> str:
        config: dict[str, Any] = json.loads(match[2])
        config["search"] = _ours(config["search"])
        config["translations"] |= WORDS
        text = json.dumps(config, separators=(",", ":")).replace("</", r"<\/")
        return f"{match[1]}{text}{match[3]}"

    return CONFIG.sub(changed, page)
