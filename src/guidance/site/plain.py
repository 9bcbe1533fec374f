"""Pages as plain Markdown: what a page shows, without anything that only MkDocs knows.

Snippets are code, slots are text, and each block and each rule says in a line of its own
how it was proved. What was never Markdown (attributes, admonitions, tabs, the tables of
notebooks) becomes what any reader of Markdown knows.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from guidance.evidence import regions
from guidance.evidence.store import Evidence
from guidance.site.blocks import BlockLabeller, Shown, claim
from guidance.site.diagrams import Diagrams
from guidance.site.rules import Kind, Rule

FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)\n"
    r"(?P<body>.*?)^(?P=indent)(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
HOLE = re.compile(r"^(?P<indent>[ \t]*)\0(?P<number>\d+)\0$", re.MULTILINE)
BOX = re.compile(r"^(?P<indent> *)(?:\?{3}\+?|!{3}|={3}\+?) *[\w ]*\"(?P<title>[^\"]+)\"$")
WRAPPER = re.compile(r"^[ \t]*</?(?:div|section)\b[^>\n]*>[ \t]*\n", re.MULTILINE)
TABLE = re.compile(r'^<div class="notebook-table">(?P<table>.*)</div>$', re.MULTILINE)
HEADING = re.compile(r"^(?P<text>#{1,6} .*?) \{ (?P<attributes>[^}\n]*) \}$", re.MULTILINE)
CODE = re.compile(r"(`+(?:[^`\n]|\n(?!\n))+`+)")
ANCHOR = re.compile(r'<a [^>]*?\bhref="(?P<target>[^"]+)"[^>]*>(?P<text>.*?)</a>', re.DOTALL)
UNSET = re.compile(r'<mark class="local-unset">(?P<question>.*?)</mark>', re.DOTALL)
STRONG = re.compile(r"</?strong\b[^>]*>")
INLINE = re.compile(r"</?(?:span|mark|em|abbr|time)\b[^>]*>")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)(?P<title>[^)\n]*)\)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)
TAB = 4

type Way = Callable[[str], str]
"""From the path of a file of ``docs/`` or of a source to where it is in the site."""


@dataclass(frozen=True)
class Plain:
    """Writes the pages of one build as plain Markdown."""

    labeller: BlockLabeller
    diagrams: Diagrams
    rules: Iterable[Rule]
    evidence: Evidence

    def markdown(self, text: str, to_page: Way, to_source: Way) -> str:
        """Return a page as plain Markdown.

        Args:
            text: the page as MkDocs renders it, with slots filled and blocks labelled.
            to_page: for a link of the page. to_source: for the path of an example.
        """
        blocks: list[str] = []

        def kept(match: re.Match[str]) -> str:
            blocks.append(self._block(match, to_source))
            return f"{match['indent']}\0{len(blocks) - 1}\0"

        def put_back(match: re.Match[str]) -> str:
            lines = blocks[int(match["number"])].split("\n")
            return "\n".join(match["indent"] + line if line else "" for line in lines)

        text = WRAPPER.sub("", TABLE.sub(_table, FENCE.sub(kept, text)))
        text = "\n".join(_without_boxes(text.split("\n")))
        text = HEADING.sub(self._heading, self._named_diagrams(text))
        words = CODE.split(re.sub(r"\n{3,}", "\n\n", text))
        words[::2] = [_links(_inline(part), to_page) for part in words[::2]]
        return HOLE.sub(put_back, "".join(words)).strip() + "\n"

    def _block(self, match: re.Match[str], to_source: Way) -> str:
        """Return a block: how it was proved, then its code."""
        info, indent = match["info"], match["indent"]
        label = re.search(rf'[ ]*title="{self.labeller.nonce}-(?P<number>\d+)"', info)
        body = "\n".join(line.removeprefix(indent) for line in match["body"].split("\n"))
        code = regions.INCLUDE.sub(lambda found: regions.find(found["ref"]).text, body).rstrip(
            "\n"
        )
        longest = max(map(len, re.findall("`+", code)), default=0)
        ticks = "`" * max(3, longest + 1)
        if label is None:
            return f"{ticks}{info}\n{code}\n{ticks}"
        shown = self.labeller.titles[int(label["number"])]
        language = info.replace(label[0], "")
        return f"{_claim(shown, to_source)}\n\n{ticks}{language}\n{code}\n{ticks}"

    def _named_diagrams(self, text: str) -> str:
        sign = re.compile(rf"^{self.diagrams.nonce}-(?P<number>\d+)$", re.MULTILINE)
        titles = [diagram.title for diagram in self.diagrams.shown]
        return sign.sub(lambda match: f"*Diagram: {titles[int(match['number'])]}*", text)

    def _heading(self, match: re.Match[str]) -> str:
        """Leave a heading its id; below a rule, say how it stands."""
        names = [name for name in match["attributes"].split() if name.startswith("#")]
        heading = " ".join([match["text"], *(f"{{ {name} }}" for name in names)])
        for rule in self.rules:
            if rule.is_full and f"#{rule.anchor}" in names:
                return (
                    f"{heading}\n\n*{rule.level.upper()}, {rule.tier}: {self._proof(rule)}.*"
                )
        return heading

    def _proof(self, rule: Rule) -> str:
        if rule.kind is not Kind.PROVED:
            return "judged, a person has to look"
        proofs = self.evidence.rules.get(rule.id, [])
        tests = dict.fromkeys(proof.test.partition("[")[0] for proof in proofs)
        return f"proved by {', '.join(tests)}" if tests else "not run on this machine"


def _claim(shown: Shown, to_source: Way) -> str:
    """Say in a line how a block was proved, and which file it comes from."""
    path, region = shown.path.partition("#")[0], shown.ref.partition(":")[2]
    where = f"[{path}]({to_source(path)})" + (f", region {region}" if region else "")
    wrong = "**What goes wrong; do not copy.** " if "/wrong/" in path else ""
    return f"{wrong}{claim(shown)} ({where}):"


def _without_boxes(lines: list[str]) -> Iterator[str]:
    """Yield the lines with the titles of boxes and tabs in bold, their contents below."""
    while lines:
        line, lines = lines[0], lines[1:]
        box = BOX.match(line)
        if box is None:
            yield line
            continue
        inner = box["indent"] + " " * TAB
        size = next(
            (n for n, one in enumerate(lines) if one.strip() and not one.startswith(inner)),
            len(lines),
        )
        yield f"{box['indent']}**{box['title']}**"
        yield from _without_boxes([box["indent"] + one[len(inner) :] for one in lines[:size]])
        lines = lines[size:]


def _table(match: re.Match[str]) -> str:
    """Turn a table of a notebook, which is HTML, into Markdown."""
    rows = [
        [cell.text(strip=True).replace("|", r"\|") for cell in row.css("th, td")]
        for row in LexborHTMLParser(match["table"]).css("tr")
    ]
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _inline(text: str) -> str:
    """Turn what the slots of a page are filled with, which is HTML, into Markdown."""
    text = UNSET.sub(r"[not known here; \g<question>]", text)
    text = ANCHOR.sub(r"[\g<text>](\g<target>)", text)
    text = INLINE.sub("", STRONG.sub("**", text))
    return text.replace("&#x27;", "'").replace("&quot;", '"')


def _links(text: str, to_page: Way) -> str:
    def changed(match: re.Match[str]) -> str:
        if ELSEWHERE.match(match["target"]):
            return match[0]
        return f"]({to_page(match['target'])}{match['title']})"

    return LINK.sub(changed, text)
