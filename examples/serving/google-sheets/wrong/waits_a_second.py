from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Quota:
    requests: int
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    begun: int = 0

    def wait(self) -> None:
        self.begun += 1
        if self.begun % self.requests == 0:
            self.sleep(1)
