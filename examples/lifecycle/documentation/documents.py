"""Whether a repository has its documents, with the parts that people need.

``python documents.py .`` prints each fault with the id of its rule.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

README = (
    "What it is for",
    "Who answers for it",
    "What goes in and what comes out",
    "Run it in five minutes",
    "Test it",
    "Deploy it",
    "Schedule and freshness",
    "Run it again",
    "Where to find more",
)
LINKS = (
    "docs/adr/",
    "docs/data-dictionary.md",
    "docs/dpia-screening.md",
    "docs/runbook.md",
)
DECISION = ("Context", "Options", "Decision", "Consequences")
STATUS = re.compile(
    r"^Status: (proposed|accepted|rejected|superseded by \d{4})$", re.MULTILINE
)
DATE = re.compile(r"^Date: \d{4}-\d\d-\d\d$", re.MULTILINE)
STEPS = ("Check", "Fix", "Verify", "Escalate")
SECRETS = {
    "an account number": r"\b\d{12}\b",
    "an access key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "a host": r"\b[\w-]+(\.[\w-]+)*\.(amazonaws\.com|internal|local)\b",
    "an address inside": r"\b(10\.\d+|192\.168|172\.[1-3]\d)\.\d+\.\d+\b",
    "somebody's e-mail": r"[\w.+-]+@(?![\w.-]*example\b)[\w.-]+\.[a-z]{2,}\b",
}
TYPED = re.compile(
    r"(?i)\b(last )?(reviewed|verified|updated)( on)?:? *\d{1,4}[-/ ]\w+"
)
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """Return the text under each heading of the second level."""
    plain = FENCE.sub(lambda m: m[0].replace("\n#", "\n "), text)
    parts = re.split(r"^## (.+)$", plain, flags=re.MULTILINE)[1:]
    bodies = [body.strip() for body in parts[1::2]]
    return dict(zip(parts[::2], bodies, strict=True))


def readme_faults(text: str) -> Iterator[str]:
    """DOCS-1: the same questions, answered in the same order."""
    found = sections(text)
    for heading in README:
        if not found.get(heading):
            yield f"DOCS-1 answer `{heading}`"
    if [h for h in found if h in README] != [h for h in README if h in found]:
        yield "DOCS-1 keep the order: " + ", ".join(README)
    yield from (f"DOCS-1 link {x}" for x in LINKS if f"({x})" not in text)


def screening_faults(text: str) -> Iterator[str]:
    """DOCS-1: the privacy questions are answered, each with its reason."""
    rows = re.findall(
        r"^\| ([^|]+\?) \|([^|]*)\|([^|]*)\|$", text, re.MULTILINE
    )
    if not rows:
        yield "DOCS-1 ask something"
    for question, answer, why in rows:
        if answer.strip() not in {"yes", "no"} or not why.strip():
            yield f"DOCS-1 answer yes or no, and why: {question}"
    doubts = [q for q, answer, _ in rows if answer.strip() != "no"]
    if doubts and re.search(r"^Outcome: no DPIA", text, re.MULTILINE):
        yield "DOCS-1 a yes or a doubt goes to the data protection officer"
    if not DATE.search(text):
        yield "DOCS-1 say when: Date: 2026-11-23"


def decision_faults(text: str) -> Iterator[str]:
    """DOCS-2: what was decided, between what, and what follows from it."""
    found = sections(text)
    for heading in DECISION:
        if not found.get(heading):
            yield f"DOCS-2 write `{heading}`"
    options = re.findall(r"^\d\. ", found.get("Options", ""), re.MULTILINE)
    if len(options) < len(("one", "another")):
        yield "DOCS-2 give two options at least"
    if not STATUS.search(text):
        yield "DOCS-2 say `Status: proposed`, accepted or superseded by 0002"
    if not DATE.search(text):
        yield "DOCS-2 say `Date: 2026-11-23`"


def rewritten(root: Path, path: str) -> bool:
    """Whether more than the status changed since a decision was accepted."""
    accepted = "-SStatus: accepted"
    commits = git(root, "log", "--format=%h", accepted, "--", path)
    if not commits:
        return False
    changes = git(root, "diff", "--unified=0", commits[-1], "--", path)
    lines = [line[1:] for line in changes if re.match(r"[+-](?![+-])", line)]
    return any(line and not STATUS.match(line) for line in lines)


def runbook_faults(text: str) -> Iterator[str]:
    """DOCS-3: from the symptom to the proof that it is gone."""
    for symptom, body in sections(text).items():
        for step in STEPS:
            if not re.search(rf"^\*\*{step}\.\*\* \S", body, re.MULTILINE):
                yield f"DOCS-3 {symptom}: write **{step}.**"
        if "```" not in body:
            yield f"DOCS-3 {symptom}: give the command"


def picture_faults(text: str) -> Iterator[str]:
    """DOCS-7: a diagram is text, and has its words."""
    for match in IMAGE.finditer(text):
        if not match["alt"].strip():
            yield "DOCS-7 say in the alternative text what the picture says"
    for language, body in FENCE.findall(text):
        if language == "mermaid" and "accDescr" not in body:
            yield "DOCS-7 give the diagram an accTitle and an accDescr"


def disclosure_faults(text: str) -> Iterator[str]:
    """DOCS-9: whatever stands here may be asked for, and goes out."""
    for what, pattern in SECRETS.items():
        if found := re.search(pattern, text):
            yield f"DOCS-9 take out {what}: {found[0]}"


def faults(root: Path) -> Iterator[str]:
    """Yield what is missing or too much in the documents of a repository."""
    for name, check in (
        ("README.md", readme_faults),
        ("docs/dpia-screening.md", screening_faults),
        ("docs/runbook.md", runbook_faults),
    ):
        file = root / name
        text = file.read_text("utf-8") if file.exists() else ""
        yield from (f"{fault} ({name})" for fault in check(text))
    decisions = sorted((root / "docs" / "adr").glob("[0-9]*.md"))
    for file in decisions:
        name = file.relative_to(root).as_posix()
        text = file.read_text("utf-8")
        yield from (f"{fault} ({name})" for fault in decision_faults(text))
        if rewritten(root, name):
            yield f"DOCS-2 write a new decision, keep this one ({name})"
    for file in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        name = file.relative_to(root).as_posix()
        text = file.read_text("utf-8")
        for check in (picture_faults, disclosure_faults):
            yield from (f"{fault} ({name})" for fault in check(text))
        if found := TYPED.search(text):
            yield f"DOCS-10 leave `{found[0]}` to CI ({name})"


def git(root: Path, *arguments: str) -> list[str]:
    """Run git in a repository and return the lines that it prints."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def main(arguments: Sequence[str]) -> int:
    """Print the faults of a repository; return 1 if there are any."""
    (root,) = arguments
    found = list(faults(Path(root)))
    print("\n".join(found) or "the documents are whole")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
