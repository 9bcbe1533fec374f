"""Look at ten real rows before anybody says how long it takes."""

from collections import Counter
from collections.abc import Mapping, Sequence


def surprises(rows: Sequence[Mapping[str, object]], key: str) -> list[str]:
    """Return what ten rows hold that a form with one box a field does not.

    Args:
        rows: of the real source, as it sends them; not of its manual.
        key: the field that is said to be unique.
    """
    found = []
    for field in sorted({name for row in rows for name in row}):
        values = [row[field] for row in rows if field in row]
        if missing := len(rows) - len(values):
            found.append(f"{field}: missing in {missing} of {len(rows)}")
        kinds = Counter(type(value).__name__ for value in values)
        if len(kinds) > 1:
            parts = " and ".join(f"{n} {k}" for k, n in sorted(kinds.items()))
            found.append(f"{field}: {parts}")
    keys = {str(row.get(key)) for row in rows}
    if len(keys) < len(rows):
        found.append(f"{key}: {len(keys)} values in {len(rows)} rows")
    return found
