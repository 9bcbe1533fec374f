"""Counter-example: an exception is a crash that tidies up."""

# --8<-- [start:wrong]
from collections.abc import Callable


def crashed(run: Callable[[Callable[[], None]], None]) -> bool:
    """Let a run fail in the middle; return whether it did."""

    def fails() -> None:
        raise MemoryError

    try:
        run(fails)
    except MemoryError:
        return True
    return False


# --8<-- [end:wrong]
