"""Wrong: asks at the start, and then reads for hours."""

from collections.abc import Callable, Iterable, Iterator


def politely[T](
    batches: Iterable[list[T]],
    may_go_on: Callable[[], bool],
    rows_per_s: float,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[list[T]]:
    if may_go_on():
        yield from batches
