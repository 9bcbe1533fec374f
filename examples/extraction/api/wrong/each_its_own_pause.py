"""Pauses after each request; four workers then ask four times as often."""

import time
from collections.abc import Callable


class Pause:
    """What looks like a rate limit, but knows only of its own worker."""

    def __init__(
        self, per_second: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._interval_s, self._sleep = 1 / per_second, sleep

    def wait(self) -> None:
        """Wait the same time, whoever else is asking."""
        self._sleep(self._interval_s)
