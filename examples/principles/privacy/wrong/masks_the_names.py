"""Wrong: the name is gone from its column, and from no other."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any


def for_tests(production: Iterable[Any]) -> list[Any]:
    return [replace(row, reporter_name="XXX", email="") for row in production]
