"""Wrong: two hidden counts in a line that add up to 2 are both 1."""

from collections.abc import Mapping

TOTAL = "Total"
Cell = tuple[str, str]


def suppress(
    table: Mapping[Cell, int], most: int = 4
) -> dict[Cell, int | None]:
    hidden = {c for c, n in table.items() if 1 <= n <= most}
    lonely = True
    while lonely:
        lonely = False
        for axis in (0, 1):
            for label in sorted({cell[axis] for cell in table}):
                line = [cell for cell in table if cell[axis] == label]
                if sum(cell in hidden for cell in line) == 1:
                    others = sorted(
                        (table[c], c)
                        for c in line
                        if c not in hidden and table[c] and c != (TOTAL, TOTAL)
                    )
                    hidden |= {c for _, c in others[:1]}
                    lonely = bool(others) or lonely
    return {c: None if c in hidden else n for c, n in table.items()}
