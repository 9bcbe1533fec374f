"""Stay below a quota per minute, in one process."""

# --8<-- [start:limiter]
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Quota:
    """Lets at most ``requests`` begin in any 60 seconds."""

    requests: int
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _begun: deque[float] = field(default_factory=deque)

    def wait(self) -> None:
        """Return when the next request may begin."""
        if len(self._begun) == self.requests:
            oldest = self._begun.popleft()
            self.sleep(max(0.0, oldest + 60 - self.clock()))
        self._begun.append(self.clock())


# --8<-- [end:limiter]
