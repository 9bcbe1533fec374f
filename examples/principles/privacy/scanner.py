"""Find what names people in a text, and keep it out of logs."""

# --8<-- [start:scan]
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

NHS_DIGITS = 10
PATTERNS = {
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "ni_number": r"(?:QQ|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z])"
    r" ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
    "uprn": r"UPRN\W{0,3}\d{1,12}",
    "phone": r"(?:\+44 ?(?:\(0\) ?)?|0044 ?|\(?0)[1-35789](?:[ ()-]*\d){8,9}",
    "nhs_number": r"\d{3}[ -]?\d{3}[ -]?\d{4}",
    "postcode": r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}",
    "vehicle": r"[A-HJ-PR-Y]{2}\d{2} ?[A-HJ-PR-Z]{3}",
}
ONE_OF_THEM = re.compile(
    "|".join(
        rf"(?P<{kind}>(?<![\w.]){pattern}(?!\w))"
        for kind, pattern in PATTERNS.items()
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """Something that may name a person, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


def scan(text: str) -> Iterator[Found]:
    """Yield what looks like an identifier of a person, in order."""
    for match in ONE_OF_THEM.finditer(text):
        kind = match.lastgroup or ""
        if kind == "nhs_number" and not is_nhs_number(match[0]):
            continue
        yield Found(kind, match[0], match.start(), match.end())


def is_nhs_number(text: str) -> bool:
    """Check the check digit; ten equal digits pass it, and are none."""
    digits = [int(character) for character in text if character.isdigit()]
    if len(digits) != NHS_DIGITS or len(set(digits)) == 1:
        return False
    weighted = sum(
        d * w for d, w in zip(digits, range(10, 0, -1), strict=True)
    )
    return weighted % 11 == 0


# --8<-- [end:scan]
# --8<-- [start:redact]
def redact(text: str) -> str:
    """Replace what names people by its kind."""
    parts, done = [], 0
    for found in scan(text):
        parts += [text[done : found.start], f"[{found.kind}]"]
        done = found.end
    return "".join([*parts, text[done:]])


class Redacting(logging.Formatter):
    """Redacts the finished line: message, arguments and traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line that goes out."""
        return redact(super().format(record))


# --8<-- [end:redact]
