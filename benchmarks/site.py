"""Measure the site as a reader gets it: build time, weight of pages, Lighthouse.

Serves the built site as the published one is served: compressed, with cache headers.
Needs Chromium; the Lighthouse part needs npm, and is left out with ``--no-lighthouse``.

    uv run python benchmarks/site.py
"""

import argparse
import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from guidance.site.publish import build

PAGES = [
    "",
    "storage/s3-and-boto/",
    "transformation/dbt/",
    "notebooks/s3-to-model/",
    "reference/rules/",
]
LIGHTHOUSE = "lighthouse@12"
FLAGS = "--headless --no-sandbox --disable-gpu --disable-background-networking"
COMPRESSED = (".html", ".css", ".js", ".json", ".svg", ".md", ".txt", ".py", ".xml")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves like a content delivery network, without HTTP/2."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Send a file, compressed if it is text."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        body = _compressed(path) if path.suffix in COMPRESSED else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(body)))
        hashed = "/assets/" in self.path
        self.send_header("Cache-Control", f"max-age={31_536_000 if hashed else 300}")
        if path.suffix in COMPRESSED:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)


@functools.cache
def _compressed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 9)


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Yield the address of the site."""
    handler = functools.partial(Handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def weights(url: str, chromium: str) -> None:
    """Print what a first visit to each page loads, as sent, and when it paints."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        for path in PAGES:
            page = browser.new_page()
            page.goto(url + path, wait_until="networkidle")
            entries = page.evaluate(
                "[...performance.getEntriesByType('navigation'),"
                " ...performance.getEntriesByType('resource')].map(e => e.encodedBodySize)"
            )
            paint = page.evaluate(
                "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            )
            print(
                f"{path or 'home':26} {sum(entries) / 1000:6.0f} kB in {len(entries)} files, "
                f"first paint {paint:4.0f} ms"
            )
            page.close()
        browser.close()


def lighthouse(url: str, chromium: str, preset: str) -> None:
    """Print the scores of each page."""
    npx = shutil.which("npx")
    if npx is None:
        print("no npx on PATH: Lighthouse is left out")
        return
    for path in PAGES:
        desktop = ["--preset=desktop"] if preset == "desktop" else []
        done = subprocess.run(
            [
                *(npx, "--yes", LIGHTHOUSE, url + path, "--quiet", "--output=json"),
                "--only-categories=performance,accessibility,best-practices",
                *(f"--chrome-flags={FLAGS}", *desktop),
            ],
            env=os.environ | {"CHROME_PATH": chromium},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        scores = json.loads(done.stdout)["categories"]
        shown = ", ".join(f"{name} {part['score'] * 100:.0f}" for name, part in scores.items())
        print(f"{path or 'home':26} {preset:8} {shown}")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--no-lighthouse", action="store_true")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        parser.error("no Chromium on PATH: install it")
    with tempfile.TemporaryDirectory() as scratch:
        site = Path(scratch) / "site"
        started = time.monotonic()
        build(site)
        pages = sum(1 for _ in site.rglob("*.html"))
        print(f"strict build of {pages} pages: {time.monotonic() - started:.1f} s")
        with served(site) as url:
            weights(url, chromium)
            if not options.no_lighthouse:
                lighthouse(url, chromium, "mobile")
                lighthouse(url, chromium, "desktop")


if __name__ == "__main__":
    main()
