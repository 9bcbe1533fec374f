"""Asks and loads in one step, and repeats the step."""

from collections.abc import Callable


def run(
    kept: str | None,
    extract: Callable[[], str],
    load: Callable[[str], None],
    tries: int = 3,
) -> str:
    """Extract and load until it works."""
    for left in reversed(range(tries)):
        key = extract()
        try:
            load(key)
            break
        except ConnectionError:
            if not left:
                raise
    return key
