"""For assistants: ``llms.txt``, ``llms-full.txt`` and a Markdown twin of each page.

The form is that of https://llmstxt.org: a heading, a summary, and the pages by section of
the navigation. The twin of ``extraction/api/index.html`` is ``extraction/api/index.md``.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure import StructureItem
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page

from guidance.site.plain import Plain

LIST, FULL = "llms.txt", "llms-full.txt"
LINK = '<link rel="alternate " type="text/markdown" href="index.md">'
"""The blank at the end changes nothing but for the theme: it takes ``rel="alternate"``
for another language, and asks for a sitemap that does not exist."""

HOW_TO_READ = f"""\
Each block of code says how it was proved: executed, emulated (on an emulator of AWS),
planned or validated. A block under "What goes wrong" is a counter-example: never copy it.
A rule is a MUST, a SHOULD or a MAY; deviating from a MUST needs a decision record. What
only the councils know is written as a question to ask: never invent the answer.

All pages in one file: [{FULL}]({{full}})
"""


@dataclass(frozen=True)
class Assistants:
    """Writes what assistants read, from the pages of the navigation."""

    nav: Navigation
    files: Files
    plain: Plain

    def write(self, config: MkDocsConfig) -> None:
        """Write the files into the built site."""
        site, url = Path(config.site_dir), config.site_url or ""
        head = f"# {config.site_name}\n\n> {config.site_description}\n\n"
        head += HOW_TO_READ.format(full=urljoin(url, FULL))
        full = [head]
        for page in self.nav.pages:
            twin = site / twin_of(page)
            twin.parent.mkdir(parents=True, exist_ok=True)
            _write(twin, self.twin(page))
            full.append(self.twin(page, root=url))
        _write(site / LIST, head + "".join(self._sections(url)))
        _write(site / FULL, "\n---\n\n".join(full))

    def twin(self, page: Page, root: str | None = None) -> str:
        """Return a page as plain Markdown.

        Args:
            root: what links to the site begin with; None for links relative to the page.
        """

        def way(name: str) -> str:
            return _relative(name, twin_of(page)) if root is None else urljoin(root, name)

        def to_page(target: str) -> str:
            path, sign, anchor = target.partition("#")
            if not path and root is None:
                return target
            folder = posixpath.dirname(page.file.src_uri)
            name = posixpath.normpath(posixpath.join(folder, unquote(path)))
            file = self.files.get_file_from_path(name) if path else page.file
            if file is None:
                return target  # MkDocs says so
            place = twin_of(file.page) if file.page else file.dest_uri
            return f"{way(place)}{sign}{anchor}"

        text = self.plain.markdown(
            page.markdown or "", to_page, lambda path: way(f"source/{path}")
        )
        title = re.match(r"# .+\n", text)
        heading = title[0] if title else f"# {page.meta['title']}\n"
        rest = text.removeprefix(heading)
        address = way(page.url) if page.url else way("./")
        about = f"> {page.meta['description']}\n\n[This page for people]({address})"
        return f"{heading}\n{about}\n\n{rest.lstrip()}"

    def _sections(self, url: str) -> Iterator[str]:
        for item in self.nav.items:
            yield f"\n## {item.title}\n\n"
            for page in _pages(item):
                address = urljoin(url, twin_of(page))
                yield f"- [{page.title}]({address}): {page.meta['description']}\n"


def twin_of(page: Page) -> str:
    """Return the path of the twin of a page in the site."""
    return re.sub(r"\.html$", ".md", page.file.dest_uri)


def _pages(item: StructureItem) -> Iterator[Page]:
    if isinstance(item, Page):
        yield item
    for child in item.children or [] if isinstance(item, Section) else []:
        yield from _pages(child)


def _relative(name: str, start: str) -> str:
    """Return the way from one file of the site to another; a folder keeps its slash."""
    way = posixpath.relpath(name, posixpath.dirname(start) or ".")
    return f"{way}/" if name.endswith("/") else way


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def linked(html: str) -> str:
    """Tell the browser of a page that it has a twin."""
    return html.replace("</head>", f"{LINK}\n</head>", 1)
