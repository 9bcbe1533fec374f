"""The last to arrive is taken for the last to happen."""

from collections.abc import Iterable, Mapping
from typing import Any


def last_word(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the kind of the last event of each key."""
    return {
        event["detail"]["object"]["key"]: event["detail-type"]
        for event in events
    }
