"""Takes the first row for all rows, as a manual does."""

from collections.abc import Mapping, Sequence


def surprises(rows: Sequence[Mapping[str, object]], key: str) -> list[str]:
    """Return what the first row holds that is odd."""
    return [
        f"{field}: {type(value).__name__}"
        for field, value in rows[0].items()
        if field == key and not isinstance(value, str)
    ]
