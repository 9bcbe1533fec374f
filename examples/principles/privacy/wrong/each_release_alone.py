"""Wrong: each table is safe, and nobody subtracts them."""

Cell = tuple[str, str]


def may_follow(
    before: dict[Cell, int | None],
    after: dict[Cell, int | None],
    most: int = 4,
) -> None:
    assert set(before) == set(after)
