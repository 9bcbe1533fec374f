"""Wrong: ten digits are an NHS number, twelve a UPRN, and so on."""

import re
from collections.abc import Iterator
from typing import NamedTuple

PATTERN = re.compile(
    r"(?P<email>\S+@\S+)|(?P<ni_number>[a-z]{2}\d{6}[a-z])"
    r"|(?P<phone>\b0\d{3,4} ?\d{6})|(?P<nhs_number>\b\d{10}\b)"
    r"|(?P<uprn>\b\d{11,12}\b)|(?P<postcode>[A-Z]{1,2}\d\w? ?\d\w\w)"
    r"|(?P<vehicle>[A-Z]{2}\d\d ?\w{3})",
    re.IGNORECASE,
)


class Found(NamedTuple):
    kind: str
    text: str


def scan(text: str) -> Iterator[Found]:
    for match in PATTERN.finditer(text):
        yield Found(match.lastgroup or "", match[0])
