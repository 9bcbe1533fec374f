from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    name: str
    gate: str
    severity: str
    owner: str
    action: str
    find: Callable[[Any], list[str]]
