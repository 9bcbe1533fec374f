"""Links: does everything that the built site refers to exist, wherever it is published?

It reads the built HTML, CSS, search index and sitemap, and never asks the network. Where
the site is published is unknown while it is built: perhaps at the root of a host,
perhaps below ``/guidance/``. So a page may refer to its own site by relative links alone;
``404.html``, which a server shows at any address, by absolute ones alone.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from guidance.site.gate import Problem

ROOT = "https://site.invalid/some/where/"
"""Stands for the address of the site. Its path is deep, so that leaving it shows."""

QUOTED = "source/"
"""Files that pages quote; what they refer to is no matter of the site's."""

NOT_FOUND = "404.html"
SEARCH_INDEX = "search/pages.json"
ELSEWHERE = ("https://", "mailto:", "tel:")
CARRIERS = r"[href], [xlink\:href], [src], [srcset], [poster], [data], [action]"
NO_ASSET = {"canonical", "prev", "next", "alternate", "author", "license", "me"}
CANDIDATE = re.compile(r"\s*(?P<url>[^\s,]\S*[^\s,]|[^\s,])(?:\s[^,]*)?(?:,|$)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
CSS_URL = re.compile(
    r"""url\(\s*(?P<quote>["']?)(?P<url>.*?)(?P=quote)\s*\)"""
    r"""|@import\s+(?P<mark>["'])(?P<name>.*?)(?P=mark)"""
)
REFRESH = re.compile(r"url\s*=\s*['\"]?(?P<url>[^'\"]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reference:
    """Something that a file of the site refers to.

    Attributes:
        target: as it is written.
        is_asset: whether a browser fetches it with the page, unasked.
    """

    target: str
    is_asset: bool = False


@dataclass(frozen=True)
class Document:
    """A page of the site, read once.

    Attributes:
        name: its file, such as ``extraction/api/index.html``.
        ids: what a fragment can name, with how often it is there.
    """

    name: str
    ids: Counter[str]
    references: tuple[Reference, ...]

    @property
    def location(self) -> str:
        """Its address as seen from the site: ``extraction/api/``."""
        return re.sub(r"(?:^|(?<=/))index\.html$", "", self.name)


def read_document(name: str, text: str) -> Document:
    """Parse a page of the site."""
    tree = LexborHTMLParser(text)
    ids = Counter(node.attributes["id"] or "" for node in tree.css("[id]"))
    ids.update(node.attributes["name"] or "" for node in tree.css("a[name]:not([id])"))
    return Document(name, ids, tuple(_references(tree)))


def _references(tree: LexborHTMLParser) -> Iterator[Reference]:
    for node in tree.css(CARRIERS):
        yield from _of_node(node)
    for node in tree.css("[style]"):
        yield from _of_css(node.attributes["style"] or "")
    for node in tree.css("style"):
        yield from _of_css(node.text())
    for node in tree.css('meta[http-equiv="refresh" i]'):
        if found := REFRESH.search(node.attributes.get("content") or ""):
            yield Reference(found["url"])
    for node in tree.css("script#__config"):  # Material fetches its search from here
        config = json.loads(node.text())
        yield Reference(config["search"], is_asset=True)
        yield Reference(config["base"])


def _of_node(node: LexborNode) -> Iterator[Reference]:
    attributes = node.attributes
    is_link = node.tag in {"a", "area", "form"}
    if node.tag == "link":
        is_link = bool(NO_ASSET & set((attributes.get("rel") or "").split()))
    for name in ("href", "xlink:href", "src", "poster", "action"):
        if name in attributes:
            yield Reference((attributes[name] or "").strip(), is_asset=not is_link)
    if node.tag == "object" and "data" in attributes:
        yield Reference((attributes["data"] or "").strip(), is_asset=True)
    for found in CANDIDATE.finditer(attributes.get("srcset") or ""):
        yield Reference(found["url"], is_asset=True)


def _of_css(text: str) -> Iterator[Reference]:
    for found in CSS_URL.finditer(COMMENT.sub("", text)):
        yield Reference(found["url"] or found["name"] or "", is_asset=True)


@dataclass(frozen=True)
class BuiltSite:
    """A built site on disk, and what its files refer to.

    Attributes:
        folder: where it was built.
        url: where it is published, with a slash at the end; "" if that is unknown.
    """

    folder: Path
    url: str = ""

    @cached_property
    def files(self) -> frozenset[str]:
        """Every file, with upper and lower case as servers tell them apart."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return frozenset(path.relative_to(self.folder).as_posix() for path in found)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file."""
        parents = {parent for name in self.files for parent in Path(name).parents}
        return frozenset(parent.as_posix() for parent in parents)

    @cached_property
    def documents(self) -> dict[str, Document]:
        """Every page, by its file."""
        return {
            name: read_document(name, (self.folder / name).read_text("utf-8"))
            for name in sorted(self.files)
            if name.endswith(".html") and not name.startswith(QUOTED)
        }

    def external(self) -> dict[str, list[str]]:
        """Return the addresses elsewhere that pages link to, with those pages."""
        found: dict[str, list[str]] = {}
        for document in self.documents.values():
            for target in sorted({urldefrag(r.target).url for r in document.references}):
                if target.startswith(("https://", "http://")) and not self._is_own(target):
                    found.setdefault(target, []).append(document.location or "the home page")
        return found

    def problems(self) -> list[Problem]:
        """Return everything that leads nowhere, empty if nothing does."""
        found = [problem for one in self.documents.values() for problem in self._page(one)]
        for name in sorted(self.files):
            if name.startswith(QUOTED) or not name.endswith((".css", ".svg")):
                continue
            text = (self.folder / name).read_text("utf-8")
            is_css = name.endswith(".css")
            references = _of_css(text) if is_css else _references(LexborHTMLParser(text))
            found += self._lost(name, references)
        found += self._not_found_page()
        found += self._search_index()
        found += self._sitemap()
        return list(dict.fromkeys(found))

    # --- pages -----------------------------------------------------------------------

    def _page(self, document: Document) -> Iterator[Problem]:
        for name, number in document.ids.items():
            if number > 1:
                yield Problem(document.name, f"has the id {name!r} twice: rename one")
        yield from self._lost(document.name, document.references)

    def _lost(self, name: str, references: Iterable[Reference]) -> Iterator[Problem]:
        for reference in references:
            try:
                what = self._fault(name, reference)
            except ValueError as error:
                what = f"refers to {reference.target}, which is no address: {error}"
            if what:
                yield Problem(name, what)

    def _fault(self, name: str, reference: Reference) -> str | None:
        """Say what is wrong with a reference, None if nothing is.

        Raises:
            ValueError: if it is no address at all.
        """
        target = reference.target
        scheme = urlsplit(target).scheme
        is_within = reference.is_asset and target.startswith("#")  # such as an SVG's parts
        if scheme == "data" or is_within:
            return None
        if self._is_own(target):
            return self._missing(target.removeprefix(self.url), reference)
        if target.startswith("//") or scheme:
            return _fault_elsewhere(target, reference)
        if target.startswith("/"):
            return self._fault_absolute(name, reference)
        return self._fault_relative(name, reference)

    def _fault_relative(self, name: str, reference: Reference) -> str | None:
        target = reference.target
        if reference.is_asset and not target:
            return "has an image or script without an address: name the file or drop it"
        if name == NOT_FOUND and not target.startswith("#"):
            return f"refers to {target}: begin with a slash, since it is shown anywhere"
        full = urljoin(ROOT + name, target)
        if not full.startswith(ROOT):
            return f"refers to {target}, which leaves the site: mend the path"
        return self._missing(full.removeprefix(ROOT), reference)

    def _fault_absolute(self, name: str, reference: Reference) -> str | None:
        base = urlsplit(self.url).path or "/"
        if name != NOT_FOUND:
            return (
                f"refers to {reference.target}: write it relative, since the site may be "
                "published below a folder"
            )
        if not reference.target.startswith(base):
            return f"refers to {reference.target}, outside of {base}: mend the path"
        local = urljoin(ROOT, reference.target.removeprefix(base)).removeprefix(ROOT)
        return self._missing(local, reference)

    def _is_own(self, target: str) -> bool:
        return bool(self.url) and target.startswith(self.url)

    def _missing(self, local: str, reference: Reference) -> str | None:
        """Say what a target within the site lacks, None if it is whole."""
        path, fragment = urldefrag(local)
        path = unquote(urlsplit(path).path)
        fragment = unquote(fragment)
        says = f"{'needs' if reference.is_asset else 'links to'} {reference.target}"
        if path in self.folders - {""} and not path.endswith("/"):
            return f"{says}, a folder: end it with a slash"
        file = f"{path}index.html" if path == "" or path.endswith("/") else path
        if file not in self.files:
            remedy = "add the file or mend the path" if reference.is_asset else "mend the link"
            return f"{says}, which is not there: {remedy}"
        if reference.is_asset or fragment in {"", "top"}:
            return None
        document = self.documents.get(file)
        if document is None or fragment not in document.ids:
            return f"{says}, but {file} has no such id: link to one of its headings"
        return None

    # --- what the server, the search and other machines read ---------------------------

    def _not_found_page(self) -> Iterator[Problem]:
        if NOT_FOUND not in self.files:
            yield Problem(
                "the site", f"has no {NOT_FOUND}: keep it in the theme's static_templates"
            )

    def _search_index(self) -> Iterator[Problem]:
        if SEARCH_INDEX not in self.files:
            yield Problem("the site", f"has no {SEARCH_INDEX}: switch the search plugin on")
            return
        index = json.loads((self.folder / SEARCH_INDEX).read_text("utf-8"))
        for entry in index["docs"]:
            if what := self._missing(entry["location"], Reference(entry["location"])):
                yield Problem(SEARCH_INDEX, what)

    def _sitemap(self) -> Iterator[Problem]:
        if "sitemap.xml" not in self.files:
            return
        tree = LexborHTMLParser((self.folder / "sitemap.xml").read_text("utf-8"))
        for node in tree.css("loc"):
            address = node.text().strip()
            if not self._is_own(address):
                yield Problem(
                    "sitemap.xml", f"names {address}, not on {self.url or 'the site'}"
                )
            elif what := self._missing(address.removeprefix(self.url), Reference(address)):
                yield Problem("sitemap.xml", what)


def _fault_elsewhere(target: str, reference: Reference) -> str | None:
    if reference.is_asset:
        return f"loads {target} from another host: put the file into the site"
    if not urlsplit(target).netloc and target.startswith("http"):
        return f"links to {target}, which names no host: mend the link"
    if target.startswith("http:"):
        return f"links to {target}: write https"
    if not target.startswith(ELSEWHERE):
        return f"links to {target}: write https://, mailto: or tel:"
    return None
