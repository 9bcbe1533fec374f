"""UTC inside, London at the edge."""

# --8<-- [start:times]
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def to_utc(text: str, zone: tzinfo | None = None) -> datetime:
    """Read an ISO 8601 time.

    Args:
        zone: what the source says about times without one; never a guess.

    Raises:
        ValueError: if it is no time, nobody says in which zone it is, or the
            clocks showed it twice or never that night.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if zone is None:
            raise ValueError(f"{text} has no zone")
        moment = moment.replace(tzinfo=zone)
        if moment.utcoffset() != moment.replace(fold=1).utcoffset():
            raise ValueError(f"{text} is twice or never in {zone}")
    return moment.astimezone(UTC)


def for_readers(moment: datetime) -> str:
    """Write a moment as London reads it: 29 March 2026, 02:30 BST."""
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y, %H:%M %Z}"


# --8<-- [end:times]
