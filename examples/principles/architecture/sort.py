"""Keep what can be used, and set the rest aside with its reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

type Row = tuple[str, float]


@dataclass
class Sorted:
    """Every item that was read is in one of the two."""

    kept: list[Row] = field(default_factory=list)
    quarantined: list[tuple[str, str]] = field(default_factory=list)


def sort(items: Iterable[Mapping[str, object]]) -> Sorted:
    """Sort items into rows, and bad items with the reason."""
    result = Sorted()
    for item in items:
        station, value = item.get("station"), item.get("value")
        if not isinstance(station, str):
            result.quarantined.append((str(item), "no station"))
        elif not isinstance(value, int | float):
            reason = f"value is a {type(value).__name__}"
            result.quarantined.append((str(item), reason))
        else:
            result.kept.append((station, float(value)))
    return result
