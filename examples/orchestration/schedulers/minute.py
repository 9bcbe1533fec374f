"""A minute of the hour for each pipeline: not all start together."""

# --8<-- [start:minute]
import hashlib

CROWDED = {minute + near for minute in range(0, 60, 5) for near in (0, 1)}
QUIET = sorted(set(range(60)) - CROWDED)


def minute_of(pipeline: str) -> int:
    """Return the minute for a pipeline; for one name always the same.

    Never a multiple of five, where everybody else starts, nor the next.
    """
    digest = hashlib.sha256(pipeline.encode()).digest()
    return QUIET[int.from_bytes(digest[:8]) % len(QUIET)]


# --8<-- [end:minute]
