"""A circuit breaker: leave a source alone that keeps failing."""

# --8<-- [start:breaker]
import logging
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

from river_levels.http import PoliteClient, Reply, RequestFailed, TryAgain

log = logging.getLogger(__name__)


class SourceIsDown(RequestFailed):
    """Nothing was asked: the source failed too often just now."""


class Breaker:
    """Refuse calls after several failures in a row, then try one at a time.

    Args:
        failures: so many in a row mean that the source is down.
        rest_s: how long it is left alone then, in seconds.
    """

    def __init__(
        self,
        failures: int = 3,
        rest_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._rest_s, self._clock = failures, rest_s, clock
        self._failed, self._ask_again_at = 0, 0.0
        self._lock = threading.Lock()

    def call[T](self, ask: Callable[[], T]) -> T:
        """Ask, unless the source is down.

        Raises:
            SourceIsDown: at once, without asking.
            RequestFailed: if the source fails now.
        """
        with self._lock:
            now = self._clock()
            if self._failed >= self._limit:
                if now < self._ask_again_at:
                    raise SourceIsDown(f"{self._failed} failures in a row")
                self._ask_again_at = now + self._rest_s  # we try; others wait
        try:
            answer = ask()
        except TryAgain:
            with self._lock:
                self._failed += 1
                self._ask_again_at = self._clock() + self._rest_s
            raise
        except RequestFailed:  # a 404, say: the source is there
            self._answered()
            raise
        self._answered()
        return answer

    def _answered(self) -> None:
        with self._lock:
            self._failed = 0


def get_each(
    client: PoliteClient, paths: Iterable[str], breaker: Breaker
) -> dict[str, Reply]:
    """Get what can be got: one bad item does not stop the others.

    Raises:
        SourceIsDown: if it is not about one item.
    """
    replies = {}
    for path in paths:
        try:
            replies[path] = breaker.call(partial(client.get, path, {}))
        except SourceIsDown:
            raise
        except RequestFailed as error:
            log.warning("item.failed", extra={"reason": str(error)})
    return replies


# --8<-- [end:breaker]
