"""What a sensor can have measured."""

# --8<-- [start:limit]
LOWEST_M = -5.0  # a broken sensor of this make sends -32.768


def is_plausible(level_m: float) -> bool:
    """Whether a level, in metres above the gauge's zero, can be real."""
    return level_m > LOWEST_M


# --8<-- [end:limit]
