"""When S3 acts on an object, by the rules of its bucket; pure."""

# --8<-- [start:ageing]
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any


@dataclass(frozen=True)
class Ages:
    """The days from which S3 acts, in UTC; None is never.

    Attributes:
        cools_on: it moves to a cheaper class.
        hidden_on: a delete marker hides it; in a bucket with versions its
            bytes are still there.
        gone_on: its bytes are gone.
    """

    cools_on: date | None = None
    hidden_on: date | None = None
    gone_on: date | None = None


def due(moment: datetime, days: int) -> date:
    """Return the day of the midnight that S3 rounds up to."""
    return (moment.astimezone(UTC) + timedelta(days=days + 1)).date()


def ages(rules: Iterable[Mapping[str, Any]], created: datetime) -> Ages:
    """Say what becomes of an object that nobody touches.

    Args:
        rules: of a bucket with versions, in the form of S3's API, for all
            objects, in days.
        created: with its zone.
    """
    cool = hide = keep = None
    for rule in rules:
        for transition in rule.get("Transitions", []):
            cool = transition["Days"]
        hide = rule.get("Expiration", {}).get("Days", hide)
        old = rule.get("NoncurrentVersionExpiration", {})
        keep = old.get("NoncurrentDays", keep)
    hidden_on = None if hide is None else due(created, hide)
    gone_on = None
    if hidden_on is not None and keep is not None:
        hidden_at = datetime.combine(hidden_on, time(), UTC)
        gone_on = due(hidden_at, keep)
    cools_on = None if cool is None else due(created, cool)
    return Ages(cools_on, hidden_on, gone_on)


# --8<-- [end:ageing]
