"""Leaves out what it cannot read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class Sorted:
    """What was kept."""

    kept: list[tuple[str, float]] = field(default_factory=list)
    quarantined: list[tuple[str, str]] = field(default_factory=list)


def sort(items: Iterable[Mapping[str, object]]) -> Sorted:
    """Return the rows that can be read."""
    result = Sorted()
    for item in items:
        try:
            value = float(str(item["value"]))
            result.kept.append((str(item["station"]), value))
        except (KeyError, ValueError):
            pass
    return result
