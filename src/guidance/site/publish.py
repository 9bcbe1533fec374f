"""``guidance site``: build the site as CI publishes it, or say why not."""

import datetime as dt
import logging
import shutil
import sys
import tempfile
from pathlib import Path

import mkdocs.commands.build
import mkdocs.config
from mkdocs.exceptions import Abort, MkDocsException

from guidance.evidence.store import FULL, ONLY_FULL_RUN, read
from guidance.paths import ROOT
from guidance.site import seal
from guidance.site.gate import Gate
from guidance.site.reports import built_site
from guidance.site.rules import RuleError, all_rules
from guidance.site.waivers import WaiverError, read_waivers

SHOWN = 60


def publish(site_dir: Path) -> int:
    """Build strictly, then judge; replace ``site_dir`` only if all is well.

    Returns:
        0, or 1 with every problem on standard error.
    """
    evidence = read(FULL)
    if evidence is None:
        return _fail(["no full test run on this machine: run `uv run pytest` first"])
    if evidence.run.get("commit") and not evidence.blocks:
        return _fail(["the last full test run proved nothing: run `uv run pytest`"])
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch) / "site"
        try:
            build(draft, only_full_run=True)
            gate = Gate(evidence, all_rules(), read_waivers(), dt.datetime.now(dt.UTC).date())
        except (MkDocsException, Abort, RuleError, WaiverError) as error:
            return _fail([f"the build failed: {error or 'see the warnings above'}"])
        problems = gate.problems(draft) + built_site(draft).problems()
        if problems:
            return _fail([str(problem) for problem in problems])
        seal.put(draft, evidence.run)
        _replace(draft, site_dir)
    pages = sum(1 for _ in site_dir.rglob("*.html"))
    print(f"site: {pages} pages in {site_dir}, every block, rule and link accounted for")
    return 0


def build(site_dir: Path, *, only_full_run: bool = False) -> None:
    """Build strictly, with the evidence that there is.

    Args:
        site_dir: where the site goes.
        only_full_run: show what the last full run proved, and leave out what authors
            ran since; the gate judges by that run alone.

    Raises:
        MkDocsException, Abort: if a page is faulty.
    """
    handler = _Counter()
    logging.getLogger("mkdocs").addHandler(handler)
    try:
        config = mkdocs.config.load_config(str(ROOT / "mkdocs.yml"), strict=True)
        config.site_dir = str(site_dir)
        config.extra[ONLY_FULL_RUN] = only_full_run
        config.plugins.on_startup(command="build", dirty=False)
        mkdocs.commands.build.build(config)
    finally:
        logging.getLogger("mkdocs").removeHandler(handler)


class _Counter(logging.Handler):
    """Prints the warnings of MkDocs, whose strict mode only counts them."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            print(f"mkdocs: {record.getMessage()}", file=sys.stderr)


def _replace(draft: Path, site_dir: Path) -> None:
    """Put the draft in the place of the site, without a moment of neither."""
    old = site_dir.with_name(site_dir.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    new = site_dir.with_name(site_dir.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(draft, new)
    if site_dir.exists():
        site_dir.rename(old)
    new.rename(site_dir)
    shutil.rmtree(old, ignore_errors=True)


def _fail(problems: list[str]) -> int:
    for problem in problems[:SHOWN]:
        print(f"guidance: {problem}", file=sys.stderr)
    if len(problems) > SHOWN:
        print(f"guidance: and {len(problems) - SHOWN} more", file=sys.stderr)
    return 1
