"""Wrong: hides the counts, and publishes their per cents."""

TOTAL = "Total"
Cell = tuple[str, str]


def shares(truth: dict[Cell, int]) -> dict[Cell, float]:
    whole = truth[TOTAL, TOTAL]
    return {cell: round(100 * n / whole, 1) for cell, n in truth.items()}
