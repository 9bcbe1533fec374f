"""Notice what did not come: a reply that is empty looks like success."""

# --8<-- [start:volume]
from collections.abc import Mapping

MAX_QUIET_SHARE = 0.2


class VolumeDropped(Exception):
    """Too many that reported last time have nothing now."""


def gone_quiet(before: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """Return who had rows last time and has none now, for a warning.

    Args:
        before: rows by station of the last run. now: of this run.

    Raises:
        VolumeDropped: if that is too many to be their own fault.
    """
    reported = [name for name, count in before.items() if count]
    quiet = sorted(name for name in reported if not now.get(name))
    if len(quiet) > MAX_QUIET_SHARE * len(reported):
        names = ", ".join(quiet[:3])
        raise VolumeDropped(
            f"{len(quiet)} of {len(reported)} went quiet, such as {names}"
        )
    return quiet


# --8<-- [end:volume]
