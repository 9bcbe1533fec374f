"""Code blocks: which file they come from, and the evidence for them.

A fence whose only line is an include gets a title that this build alone knows; in
the HTML that title becomes the title bar, and the block's container carries
``data-ref`` and ``data-evidence``. Nothing else can put them there, so the gate can
tell a tested block from words typed by hand.
"""

import html
import re
import secrets
from dataclasses import dataclass, field

from guidance.evidence import regions
from guidance.evidence.store import Block, Evidence
from guidance.site.waivers import Waiver

FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})(?P<info>[^\n`]*)\n"
    r'(?P<body>[ \t]*--8<-- "(?P<ref>[^"\n]+)"[ \t]*\n)'
    r"(?P=indent)(?P=fence)[ \t]*$",
    re.MULTILINE,
)
FORGED = re.compile(r"data-(?:ref|evidence|proof|rule|diagram)\s*=")
BRACES = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*\{", re.MULTILINE)
LABELS = {
    "executed": "Executed",
    "emulated": "Emulated",
    "planned": "Planned",
    "validated": "Validated",
    "illustrative": "Illustrative",
    "stale": "Changed since the last run",
    "unproved": "Not run on this machine",
}


@dataclass(frozen=True)
class Shown:
    """A block as the page shows it and what is known about it.

    Attributes:
        level: a level of evidence, or ``illustrative``, ``stale``, ``unproved``.
    """

    ref: str
    level: str
    block: Block | None

    @property
    def path(self) -> str:
        """The file that it comes from."""
        return self.ref.partition(":")[0]


@dataclass
class BlockLabeller:
    """Labels the blocks of one build.

    Args:
        evidence: what the last test run proved.
        waivers: blocks that may be shown without proof, by ref.
    """

    evidence: Evidence
    waivers: dict[str, Waiver]
    nonce: str = field(default_factory=lambda: "block" + secrets.token_hex(8))
    titles: list[Shown] = field(default_factory=list)

    def label(self, ref: str, text: str) -> str:
        """Note a block and return the title that stands for it until the HTML."""
        block = self.evidence.blocks.get(ref)
        self.titles.append(Shown(ref, self._level(ref, text, block), block))
        return f"{self.nonce}-{len(self.titles) - 1}"

    def _level(self, ref: str, text: str, block: Block | None) -> str:
        if ref in self.waivers:
            return "illustrative"
        if block is None or block.level is None:
            return "unproved"
        return block.level if block.sha256 == regions.digest(text) else "stale"

    def markdown(self, page: str, text: str) -> str:
        """Give each included block of a page its title.

        Raises:
            ValueError: if the page tries to look like evidence, or uses a fence
                that can lose its ``<pre>``.
        """
        if found := FORGED.search(text):
            raise ValueError(f"{page}: {found[0]} is written by the build alone")
        if found := BRACES.search(text):
            raise ValueError(
                f"{page}: write ```python, not {found[0].strip()!r}…: braces can "
                "hide a block from the gate"
            )
        return FENCE.sub(self._titled, text)

    def _titled(self, match: re.Match[str]) -> str:
        try:
            text = regions.find(match["ref"]).text
        except regions.RegionError:
            return match[0]  # pymdownx.snippets fails the build and says where
        info = re.sub(r'\s*title="[^"]*"', "", match["info"]).rstrip()
        title = self.label(match["ref"], text)
        start, end = match["indent"], match["fence"]
        return f'{start}{end}{info} title="{title}"\n{match["body"]}{start}{end}'

    def shown_in(self, content: str) -> list[Shown]:
        """Return the blocks of a page whose titles are still to be turned into bars."""
        numbers = re.findall(rf">{self.nonce}-(\d+)</span>", content)
        return [self.titles[int(number)] for number in numbers]

    def html(self, content: str, sources: str) -> str:
        """Turn the titles into title bars, and mark the containers.

        Args:
            content: a page. sources: the way from it to the whole files.
        """
        pattern = re.compile(
            r'<div class="(?P<classes>[^"]*\bhighlight\b[^"]*)">'
            rf'<span class="filename">{self.nonce}-(?P<number>\d+)</span>'
        )
        return pattern.sub(lambda match: self._marked(match, sources), content)

    def _marked(self, match: re.Match[str], sources: str) -> str:
        shown = self.titles[int(match["number"])]
        wrong = " counter-example" if "/wrong/" in shown.path else ""
        ref = html.escape(shown.ref, quote=True)
        return (
            f'<div class="{match["classes"]}{wrong}" data-ref="{ref}"'
            f' data-evidence="{shown.level}">'
            f'<div class="block-title" data-search-exclude>{_title(shown, sources)}</div>'
        )


def _title(shown: Shown, sources: str) -> str:
    path = html.escape(shown.path.partition("#")[0], quote=True)
    name = (
        f'<a href="{sources}{path}">{path}'
        '<span class="visually-hidden"> (whole file)</span></a>'
    )
    if "/wrong/" in path:
        name = f'<strong class="wrong-label">What goes wrong</strong> {name}'
    return f"{name} {badge(shown)}"


def claim(shown: Shown) -> str:
    """Say how a block was proved, and on what."""
    label = LABELS[shown.level]
    if shown.block and shown.block.level == shown.level:
        on, by = ", ".join(shown.block.engines), ", ".join(shown.block.tools)
        if shown.level == "validated":
            return f"{label} by {by}"
        if on:
            return f"{label} on {on}"
    return label


def badge(shown: Shown) -> str:
    """Return the badge of a block: how it was proved, and on what."""
    return f'<span class="badge badge--{shown.level}">{html.escape(claim(shown))}</span>'
