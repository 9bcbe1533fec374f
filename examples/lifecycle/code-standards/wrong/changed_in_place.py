"""A retry adds the offset a second time."""

from dataclasses import dataclass


@dataclass
class Level:
    station: str
    level_m: float


def above_ordnance(levels: list[Level], offset_m: float) -> list[Level]:
    for one in levels:
        one.level_m += offset_m
    return levels
