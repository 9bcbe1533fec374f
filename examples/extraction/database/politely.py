"""Read when the owner allows it, as fast as agreed, and stop when told."""

# --8<-- [start:politely]
import time as clock
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

LONDON = ZoneInfo("Europe/London")


class Stopped(Exception):
    """Somebody said stop, or the hour is wrong."""


def is_on(ssm: "SSMClient", switch: str) -> bool:
    """Ask the switch; only "on" is on.

    Args:
        switch: name in Parameter Store, which both teams can change.
    """
    return ssm.get_parameter(Name=switch)["Parameter"].get("Value") == "on"


def is_off_peak(moment: datetime, begin: time, end: time) -> bool:
    """Whether London's clock is in [begin, end), also across midnight."""
    now = moment.astimezone(LONDON).time()
    if begin <= end:
        return begin <= now < end
    return now >= begin or now < end


def politely[T](
    batches: Iterable[list[T]],
    may_go_on: Callable[[], bool],
    rows_per_s: float,
    monotonic: Callable[[], float] = clock.monotonic,
    sleep: Callable[[float], None] = clock.sleep,
) -> Iterator[list[T]]:
    """Pass batches on, no faster than agreed; ask before each.

    Raises:
        Stopped: as soon as it may not go on.
    """
    begun, rows = monotonic(), 0
    source = iter(batches)
    while True:
        if not may_go_on():
            raise Stopped(f"stopped after {rows} rows")
        batch = next(source, None)
        if batch is None:
            return
        rows += len(batch)
        yield batch
        sleep(max(0.0, rows / rows_per_s - (monotonic() - begun)))


# --8<-- [end:politely]
