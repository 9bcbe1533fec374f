"""Find the sentences and acronyms that readers stumble over."""

import re
from collections.abc import Iterator

LONGEST = 25
KNOWN = set(
    "API AWS BI CSV ISO JSON OFFICIAL README S3 SQL UK URL UTC".split()
)
NOT_PROSE = re.compile(
    r"^```.*?^```$|`[^`]*`|^[|#][^\n]*$|\]\([^)]*\)|<!--.*?-->",
    re.DOTALL | re.MULTILINE,
)
ACRONYM = re.compile(r"\b[A-Z][A-Z0-9]{1,}\b(?! \()")


def faults(text: str) -> Iterator[str]:
    """Yield sentences that are too long, and acronyms nobody explained.

    An acronym is explained by brackets at its first use: "DPIA (data
    protection impact assessment)" or "... assessment (DPIA)".
    """
    prose = NOT_PROSE.sub(" ", text)
    for sentence in re.split(r"(?<=[.?!:])\s+|\n\s*\n|^[-*] ", prose):
        words = sentence.split()
        if len(words) > LONGEST:
            start = " ".join(words[:6])
            yield f"{len(words)} words: {start} …"
    explained = set(re.findall(r"\(([A-Z][A-Z0-9]+)\)", prose))
    explained |= set(re.findall(r"\b([A-Z][A-Z0-9]+) \(", prose))
    for acronym in sorted(set(ACRONYM.findall(prose)) - explained - KNOWN):
        yield f"{acronym}: say what it means"
