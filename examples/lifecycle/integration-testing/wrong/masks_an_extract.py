"""Counter-example: production's rows, with two columns blackened."""

# --8<-- [start:wrong]
from collections.abc import Sequence


def reports(production: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Take the residents out of an extract."""
    hidden = {"name": "***", "phone": "***", "email": "***"}
    return [row | hidden for row in production]


# --8<-- [end:wrong]
