from collections.abc import Iterator
from datetime import date
from typing import Any


def faults(dataset: Any, today: date) -> Iterator[str]:
    for field in ("title", "description", "grain"):
        if getattr(dataset, field) is None:
            yield f"{dataset.name}: say its {field}"
