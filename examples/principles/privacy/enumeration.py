"""What a curious colleague does with a column of hashes."""

# --8<-- [start:undo]
from collections.abc import Callable, Iterable


def undo(
    tokens: Iterable[str],
    guesses: Iterable[str],
    scheme: Callable[[str], str],
) -> dict[str, str]:
    """Compute the token of each guess, and look it up."""
    wanted = set(tokens)
    return {
        token: guess for guess in guesses if (token := scheme(guess)) in wanted
    }


# --8<-- [end:undo]
