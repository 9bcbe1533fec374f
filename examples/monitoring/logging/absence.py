"""Alarms on what did not happen. Pure: the caller says what time it is."""

# --8<-- [start:absence]
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

MAX_WITHOUT_RUN = timedelta(minutes=90)
MAX_EVENT_AGE = timedelta(hours=2)
MAX_FLAT = timedelta(hours=6)


@dataclass(frozen=True)
class Run:
    """A run of the ledger: when it ended (UTC), and how."""

    finished_at: datetime
    succeeded: bool


@dataclass(frozen=True)
class Alarm:
    """What is missing, and since when (UTC)."""

    kind: str
    since: datetime


def alarms(
    now: datetime,
    runs: Sequence[Run],
    readings: Sequence[tuple[datetime, float]],
) -> list[Alarm]:
    """Return what should have happened by ``now`` and did not.

    Args:
        now: UTC, as all other times.
        runs: of the ledger, oldest first.
        readings: event time and level of one gauge, oldest first.
    """
    done = [run.finished_at for run in runs if run.succeeded]
    if not done:
        return [Alarm("no run", now)]
    if now - done[-1] > MAX_WITHOUT_RUN:
        return [Alarm("no run", done[-1])]  # whatever else is old follows
    if not readings:
        return [Alarm("no data", now)]
    newest, level = readings[-1]
    if now - newest > MAX_EVENT_AGE:
        return [Alarm("source is late", newest)]
    flat = [
        at for at, _ in takewhile(lambda r: r[1] == level, reversed(readings))
    ]
    if newest - flat[-1] > MAX_FLAT:
        return [Alarm("gauge is stuck", flat[-1])]
    return []


# --8<-- [end:absence]
