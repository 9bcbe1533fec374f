"""Hold a counter-example against its good twin."""

import re
from collections.abc import Callable

from guidance.evidence.recorder import RECORDER


def twins[T](check: Callable[[T], object], *, good: T, bad: T, harm: str) -> None:
    """Assert that a check passes on the good twin and fails on the bad one.

    Args:
        check: asserts what must hold; the same for both.
        good: passes it.
        bad: the counter-example; fails it.
        harm: regular expression that the failed assertion's message must match, so
            that the counter-example fails for the reason that the page gives.

    Raises:
        AssertionError: if the good twin fails, the bad one does not, or it fails in
            another way.
    """
    check(good)
    try:
        check(bad)
    except AssertionError as error:
        if not re.search(harm, str(error)):
            raise AssertionError(
                f"the counter-example fails, but not with {harm!r}: {error}"
            ) from error
    else:
        raise AssertionError("the counter-example does no harm: check it or drop it")
    RECORDER.twin()
