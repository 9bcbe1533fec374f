"""Bring one window in; after a failure, begin where it failed."""

from collections.abc import Callable


def run(
    kept: str | None,
    extract: Callable[[], str],
    load: Callable[[str], None],
    tries: int = 3,
) -> str:
    """Extract once, unless that is done; then load until it works.

    Args:
        kept: key of what an earlier run extracted; None if nothing.
        extract: asks the supplier, and returns the key of what it kept.
        load: loads what lies under a key; may fail.
        tries: how often to load, at most.

    Raises:
        ConnectionError: if the last try fails. What was extracted stays.
    """
    key = kept or extract()
    for left in reversed(range(tries)):
        try:
            load(key)
            break
        except ConnectionError:
            if not left:
                raise
    return key
