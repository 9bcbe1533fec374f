"""Count how many people share what is known about each."""

# --8<-- [start:small_groups]
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

SMALLEST_GROUP = 5
BANDS = (1960, 1980)


def small_groups(
    rows: Iterable[Mapping[str, object]],
    known: Sequence[str],
    k: int = SMALLEST_GROUP,
) -> dict[tuple[object, ...], int]:
    """Return the groups of fewer than k rows that look alike.

    Args:
        rows: one for each person.
        known: the fields that somebody else may know about a person.
    """
    sizes = Counter(tuple(row[name] for name in known) for row in rows)
    return {group: size for group, size in sizes.items() if size < k}


def coarsen(row: Mapping[str, object]) -> dict[str, object]:
    """Keep the ward and a broad age; drop the home and the day."""
    born = int(str(row["birth_year"]))
    return {"ward": row["ward"], "band": sum(born >= year for year in BANDS)}


# --8<-- [end:small_groups]
