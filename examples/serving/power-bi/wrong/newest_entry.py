import json
from collections.abc import Callable
from typing import Any


def refresh(model: Any, poll_s: float, sleep: Callable[[float], None]) -> None:
    model.start()
    while True:
        sleep(poll_s)
        newest = model._send("GET", params={"$top": 1}).json()["value"][0]
        if newest["status"] == "Completed":
            return
        if newest["status"] == "Failed":
            raise RuntimeError(json.dumps(newest))
