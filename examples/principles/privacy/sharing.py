"""Ask the screening before anything leaves."""

# --8<-- [start:sharing]
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any


class MayNotLeave(Exception):
    """There is no agreement; one line says with whom."""


def unclassified(
    screening: Mapping[str, Any], columns: Iterable[str]
) -> list[str]:
    """Return the columns of the source that nobody has looked at."""
    return sorted(set(columns) - set(screening["fields"]))


def check_recipient(
    screening: Mapping[str, Any], recipient: str, on: date
) -> None:
    """Pass if an agreement with the recipient is in force on a day.

    Raises:
        MayNotLeave: if none is.
    """
    for entry in screening.get("shared_with", []):
        if entry["recipient"] == recipient and on <= entry["until"]:
            return
    raise MayNotLeave(f"no agreement with {recipient} on {on}")


# --8<-- [end:sharing]
