"""Levels above Ordnance Datum."""

# --8<-- [start:datum]
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Level:
    """A level of water.

    Attributes:
        level_m: metres above the zero of ``datum``: "ASD" is the gauge's own,
            "AOD" Ordnance Datum.
    """

    station: str
    level_m: float
    datum: str = "ASD"


def above_ordnance(levels: Iterable[Level], offset_m: float) -> list[Level]:
    """Return the levels above Ordnance Datum; those given stay as they are."""
    return [
        replace(one, level_m=one.level_m + offset_m, datum="AOD")
        for one in levels
        if one.datum == "ASD"
    ]


# --8<-- [end:datum]
