"""What S3 said last about each object, whatever arrived last; pure."""

# --8<-- [start:arrivals]
from collections.abc import Iterable, Mapping
from typing import Any


def last_word(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the kind of the last event of each key.

    Args:
        events: of S3, from EventBridge, in any order, with repeats.
    """
    newest: dict[str, tuple[int, str]] = {}
    for event in events:
        found = event["detail"]["object"]
        # The sequencer is hexadecimal, and not always equally long.
        number = int(found["sequencer"], 16)
        before = newest.get(found["key"], (-1, ""))
        newest[found["key"]] = max(before, (number, event["detail-type"]))
    return {key: kind for key, (_, kind) in newest.items()}


# --8<-- [end:arrivals]
