"""Takes what the function costs for what the job costs."""

from decimal import Decimal


def monthly_cost(runs: int, seconds: int, memory_gb: Decimal) -> Decimal:
    """Return what Lambda charges, in dollars."""
    return runs * seconds * memory_gb * Decimal("0.0000166667")
