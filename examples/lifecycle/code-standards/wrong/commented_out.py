"""Which of the two limits is in force, and why?"""

# --8<-- [start:limit]
LOWEST_M = -5.0
# LOWEST_M = -2.5


def is_plausible(level_m: float) -> bool:
    # if level_m == 0: return False
    return level_m > LOWEST_M


# --8<-- [end:limit]
