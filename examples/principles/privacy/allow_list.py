"""Let only those fields through that somebody asked for."""

# --8<-- [start:project]
from collections.abc import Mapping, Sequence


class MissingField(Exception):
    """A field that we need is not there."""


def project(
    row: Mapping[str, object], allowed: Sequence[str]
) -> dict[str, object]:
    """Return the allowed fields of a row, and nothing else.

    Raises:
        MissingField: if one is not there.
    """
    missing = [name for name in allowed if name not in row]
    if missing:
        raise MissingField(f"not in the row: {', '.join(missing)}")
    return {name: row[name] for name in allowed}


# --8<-- [end:project]
