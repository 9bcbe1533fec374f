"""Reports for scheduled runs: dead links and overdue facts, as Markdown."""

import datetime as dt
import os
import sys
from pathlib import Path

from guidance.site.external import CONTACT, Asker, Verdict, report, user_agent
from guidance.site.freshness import due, facts_report
from guidance.site.links import BuiltSite
from guidance.site.values import ValueMissing, read_facts, read_local_values

SITE_URL = "GUIDANCE_SITE_URL"
REPO_URL = "GUIDANCE_REPO_URL"


def built_site(folder: Path) -> BuiltSite:
    """Return a built site, at the address that it was built for."""
    url = os.environ.get(SITE_URL, "")
    return BuiltSite(folder, f"{url.rstrip('/')}/" if url else "")


def links(folder: Path) -> int:
    """Check the links of a built site among each other.

    Returns:
        0, or 1 with every fault on standard error.
    """
    site = _existing(folder)
    if site is None:
        return 2
    problems = site.problems()
    for problem in problems:
        print(f"guidance: {problem}", file=sys.stderr)
    if not problems:
        print(f"links: {len(site.documents)} pages in {folder}, every link leads somewhere")
    return 1 if problems else 0


def external_links(folder: Path, asker: Asker | None = None, on: dt.date | None = None) -> int:
    """Ask for every external link of a built site, and print the report.

    Links into this repository are left out: it may be closed to strangers.

    Returns:
        0; 1 if a link is dead; 2 if there is no site.
    """
    site = _existing(folder)
    if site is None:
        return 2
    asker = asker or Asker(user_agent(read_local_values().get(CONTACT)))
    own = os.environ.get(REPO_URL, "")
    pages = {
        url: found
        for url, found in site.external().items()
        if not (own and url.startswith(own))
    }
    answers = asker.ask_all(pages)
    print(report(answers, pages, on or dt.datetime.now(dt.UTC).date()), end="")
    return 1 if any(answer.verdict is Verdict.DEAD for answer in answers) else 0


def facts(on: dt.date | None = None, path: Path | None = None) -> int:
    """Print the facts that are overdue, or will be soon.

    Args:
        on: the day to judge by; today if it is None.

    Returns:
        0; 1 if a fact is overdue; 2 if facts.yml is faulty.
    """
    on = on or dt.datetime.now(dt.UTC).date()
    try:
        found = list((read_facts(path) if path else read_facts()).values())
    except ValueMissing as error:
        print(f"guidance: {error}", file=sys.stderr)
        return 2
    print(facts_report(found, on), end="")
    return 1 if due(found, on)[0] else 0


def _existing(folder: Path) -> BuiltSite | None:
    if not (folder / "index.html").is_file():
        print(
            f"guidance: no site in {folder}: build it with `uv run mkdocs build`",
            file=sys.stderr,
        )
        return None
    return built_site(folder)
