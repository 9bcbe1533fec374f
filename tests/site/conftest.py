"""The built site, once in a run; a server for it and a browser, once in each worker."""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from guidance.evidence.plugin import RUN_DIR
from guidance.site.publish import build

# Debian's browser, quiet: nothing of it may look for the outside.
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync"
    " --disable-background-networking --disable-component-update"
).split()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def built_site() -> Path:
    """The strict build, with the evidence that this machine has."""
    folder = Path(os.environ[RUN_DIR]) / "site"
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            build(draft)
            draft.rename(folder)
    return folder


@pytest.fixture(scope="session")
def site_url(built_site: Path) -> Iterator[str]:
    """Where the built site is served, with a slash at the end."""
    handler = functools.partial(_Quiet, directory=str(built_site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    program = program or shutil.which("google-chrome") or shutil.which("msedge")
    if program is None:
        pytest.skip("no Chromium on PATH: install it (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new profile, without storage and without transitions to wait for."""
    size = {"width": 1280, "height": 900}
    context = browser.new_context(viewport=size, reduced_motion="reduce", bypass_csp=True)
    yield context
    context.close()
