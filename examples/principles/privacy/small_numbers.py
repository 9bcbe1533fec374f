"""Tables of counts that do not tell about single people, and the attacks."""

# --8<-- [start:suppress]
from collections.abc import Iterable, Mapping
from itertools import product

import numpy as np

TOTAL = "Total"
MOST = 4
Cell = tuple[str, str]
Table = dict[Cell, int]
Published = dict[Cell, int | None]


class CannotProtect(Exception):
    """The table is too thin: merge rows or columns, or publish none."""


def with_totals(counts: Mapping[Cell, int]) -> Table:
    """Return a full table with its totals; what is not counted is 0."""
    rows, columns = labels(counts)
    table = {cell: counts.get(cell, 0) for cell in product(rows, columns)}
    for row in rows:
        table[row, TOTAL] = sum(table[row, c] for c in columns)
    for column in [*columns, TOTAL]:
        table[TOTAL, column] = sum(table[r, column] for r in rows)
    return table


def labels(table: Iterable[Cell]) -> tuple[list[str], list[str]]:
    """Return the labels of rows and columns, without the totals."""
    rows, columns = ({cell[axis] for cell in table} for axis in (0, 1))
    return sorted(rows - {TOTAL}), sorted(columns - {TOTAL})


def suppress(table: Mapping[Cell, int], most: int = MOST) -> Published:
    """Hide 1 to `most`, and so much more that nobody can compute them.

    Zeros stay. For each small count, there is a rectangle of hidden cells
    round which a change can travel. So whatever the truth is, all counts
    from 1 to `most` fit what is published.

    Args:
        table: with its totals.

    Raises:
        CannotProtect: if there is no such rectangle.
    """
    small = sorted(cell for cell, n in table.items() if 1 <= n <= most)
    if (TOTAL, TOTAL) in small:
        raise CannotProtect(f"{table[TOTAL, TOTAL]} in all: publish no table")
    hidden = set(small)
    for cell in small:
        hidden |= cheapest_rectangle(table, hidden, cell, most)[1]
    for spare in sorted(hidden - {*small}, key=lambda c: (-table[c], c)):
        fewer = hidden - {spare}
        if not any(
            cheapest_rectangle(table, fewer, c, most)[0] for c in small
        ):
            hidden = fewer
    return {c: None if c in hidden else n for c, n in table.items()}


def cheapest_rectangle(
    table: Mapping[Cell, int], hidden: set[Cell], cell: Cell, most: int
) -> tuple[int, set[Cell]]:
    """Return the partners of a cell that cost least, and what they cost."""
    rows, columns = labels(table)
    up, down = most - table[cell], table[cell] - 1
    found: list[tuple[int, list[Cell]]] = []
    for row, column in product([*rows, TOTAL], [*columns, TOTAL]):
        if row == cell[0] or column == cell[1]:
            continue
        partners = [(cell[0], column), (row, cell[1]), (row, column)]
        if (TOTAL, TOTAL) in partners:
            continue
        # A hidden cell is at least 1, as zeros are shown: keep that possible.
        if all(
            table[p] > (down if moves_along(cell, p) else up) for p in partners
        ):
            cost = sum(table[p] for p in partners if p not in hidden)
            found.append((cost, partners))
    if not found:
        raise CannotProtect(f"{cell}: merge rows or columns")
    cost, partners = min(found)
    return cost, set(partners)


def moves_along(one: Cell, other: Cell) -> bool:
    """Whether two corners of a rectangle rise together, sums unchanged."""
    turns = sum(
        (a == TOTAL) == (b == TOTAL)
        for a, b in zip(one, other, strict=True)
        if a != b
    )
    return turns % 2 == 0


# --8<-- [end:suppress]
# --8<-- [start:attack]
Bounds = dict[Cell, tuple[int, int]]
ROUNDING = 1e-6


def equations(table: Iterable[Cell]) -> list[dict[Cell, int]]:
    """Return the sums that everybody knows: parts minus total is 0."""
    rows, columns = labels(table)
    return [
        {(r, c): -1 if c == TOTAL else 1 for c in [*columns, TOTAL]}
        for r in [*rows, TOTAL]
    ] + [
        {(r, c): -1 if r == TOTAL else 1 for r in [*rows, TOTAL]}
        for c in [*columns, TOTAL]
    ]


def solve(published: Published) -> Table:
    """Return the hidden counts that linear algebra determines."""
    unknown = [cell for cell, n in published.items() if n is None]
    known = {cell: n or 0 for cell, n in published.items()}
    sums = equations(published)
    matrix = np.array([[s.get(c, 0) for c in unknown] for s in sums], float)
    right = np.array([-sum(k * known[c] for c, k in s.items()) for s in sums])
    if not unknown:
        return {}
    answer = np.linalg.lstsq(matrix, right)[0]
    _, sizes, directions = np.linalg.svd(matrix)
    rank = int((sizes > ROUNDING).sum())
    free = np.abs(directions[rank:]).max(axis=0, initial=0)
    return {
        cell: round(float(value))
        for cell, value, moves in zip(unknown, answer, free, strict=True)
        if moves < ROUNDING
    }


def bounds(
    published: Published, lowest: int = 1, limits: Bounds | None = None
) -> Bounds:
    """Narrow each hidden count as far as the sums allow.

    Args:
        lowest: what a hidden count is at least.
        limits: what else is known of hidden counts.
    """
    ceiling = max(n or 0 for n in published.values())
    known = {
        cell: (limits or {}).get(cell, (lowest, ceiling))
        if n is None
        else (n, n)
        for cell, n in published.items()
    }
    before: Bounds = {}
    while before != known and all(low <= high for low, high in known.values()):
        before = dict(known)
        for terms in equations(published):
            for cell, sign in terms.items():
                known[cell] = narrowed(known, terms, cell, sign)
    return {cell: known[cell] for cell, n in published.items() if n is None}


def narrowed(
    known: Bounds, terms: Mapping[Cell, int], cell: Cell, sign: int
) -> tuple[int, int]:
    """Return what a sum leaves for one of its cells."""
    others = [
        sorted(-sign * k * end for end in known[c])
        for c, k in terms.items()
        if c != cell
    ]
    low, high = (sum(ends) for ends in zip(*others, strict=True))
    return max(known[cell][0], low), min(known[cell][1], high)


# --8<-- [end:attack]
# --8<-- [start:releases]
class Held(Exception):
    """The release would tell about single people; one line says where."""


def may_follow(then: Table, now: Table, most: int = MOST) -> None:
    """Attack two releases together: their difference is a table as well.

    Args:
        then: the whole table behind the release that is out.
        now: the whole table behind the one that is to go out.

    Raises:
        Held: if both together tell more than each alone.
    """
    old, new = suppress(then, most), suppress(now, most)
    change: Published = {}
    for cell, after in new.items():
        before = old.get(cell)
        known = before is not None and after is not None
        change[cell] = now[cell] - then[cell] if known else None
    exact = {c: n for c, n in change.items() if n is not None} | solve(change)
    told = {cell for cell, n in exact.items() if 1 <= abs(n) <= most}
    told |= {
        cell
        for cell, (low, high) in bounds(change, lowest=0).items()
        if 1 <= low <= high <= most
    }
    # Counts only grow: what one release shows limits what the other hides.
    caps = {c: (1, n) for c, n in new.items() if n is not None}
    floors = {
        c: (n, now[TOTAL, TOTAL]) for c, n in old.items() if n is not None
    }
    told |= narrowed_down(then, bounds(old, limits=caps), most)
    told |= narrowed_down(now, bounds(new, limits=floors), most)
    if told:
        raise Held(f"{len(told)} small counts show, such as {min(told)}")


def narrowed_down(truth: Table, known: Bounds, most: int = MOST) -> set[Cell]:
    """Return the small counts of which less than 1 to `most` is possible."""
    return {
        cell
        for cell, (low, high) in known.items()
        if truth[cell] <= most and (low > 1 or high < most)
    }


# --8<-- [end:releases]
# --8<-- [start:shares]
def shares(published: Published) -> dict[Cell, float | None]:
    """Return per cents of the whole, of published counts alone."""
    whole = published[TOTAL, TOTAL] or 0
    return {
        cell: None if n is None or not whole else round(100 * n / whole, 1)
        for cell, n in published.items()
    }


# --8<-- [end:shares]
