"""Blank out what looks like personal data, in whatever is logged."""

# --8<-- [start:redact]
import logging
import re
from typing import Any

PATTERNS = {
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "NI number": re.compile(r"\b[A-Z]{2} ?(?:\d{2} ?){3}[A-D]\b", re.I),
    "phone": re.compile(r"(?<![\d.])(?:\+44 ?|0)\d{2,4} ?\d{3,4} ?\d{3,4}\b"),
    "postcode": re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.I),
}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) - {"args", "msg"}


def redacted(value: Any) -> Any:
    """Return a value with what looks like personal data named, not shown."""
    if isinstance(value, str):
        for name, pattern in PATTERNS.items():
            value = pattern.sub(f"[{name}]", value)
        return value
    if isinstance(value, dict):
        return {redacted(k): redacted(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(redacted(item) for item in value)
    return value


class RedactingFilter(logging.Filter):
    """Redact the message, its arguments and every extra field.

    Add it to each *handler*: a logger's filter does not see what its
    children log.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place, and let it pass."""
        for name, value in list(vars(record).items()):
            if name not in _STANDARD:
                setattr(record, name, redacted(value))
        return True


def add_to(logger: logging.Logger) -> None:
    """Redact what every handler of a logger writes."""
    for handler in logger.handlers:
        handler.addFilter(RedactingFilter())


# --8<-- [end:redact]
