"""Look for people in a zone where none should be."""

import re
from collections.abc import Iterable, Mapping

NAMES = re.compile(
    r"(^|_)(name|surname|e?_?mail|phone|mobile|uprn|address|postcode|nino)(_|$)"
)
VALUES = {
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    "a phone number": re.compile(r"(?<!\d)(?:\+44|0)\d[\d ]{8,11}\d(?!\d)"),
    "a postcode": re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"),
}


def forbidden(rows: Iterable[Mapping[str, object]]) -> list[str]:
    """Return the columns whose name or content is about a person."""
    found = set()
    for row in rows:
        for column, value in row.items():
            if NAMES.search(column.lower()):
                found.add(f"{column}: by its name")
            for what, pattern in VALUES.items():
                if pattern.search(str(value)):
                    found.add(f"{column}: holds {what}")
    return sorted(found)
