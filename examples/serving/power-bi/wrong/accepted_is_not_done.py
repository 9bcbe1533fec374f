from typing import Any


def refresh(model: Any, **options: Any) -> None:
    model.start()  # 202: accepted
