"""Wrong: an agreement that has ended is in the list all the same."""

from collections.abc import Mapping
from datetime import date
from typing import Any


def check_recipient(
    screening: Mapping[str, Any], recipient: str, on: date
) -> None:
    known = [entry["recipient"] for entry in screening["shared_with"]]
    assert recipient in known
