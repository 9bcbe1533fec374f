"""The newest reading that a measure carries with it, if it carries one."""

# --8<-- [start:latest]
from typing import Any

from river_levels.parse import Reading, parse_reading


def latest_of(measure: dict[str, Any]) -> Reading | None:
    """Return the reading in ``latestReading``; None if it is not known.

    The API may leave it out, or send its address in the place of it. Not
    known is not zero: a level of 0 m is a measurement.
    """
    row = parse_reading(measure.get("latestReading"))
    return row if isinstance(row, Reading) else None


# --8<-- [end:latest]
