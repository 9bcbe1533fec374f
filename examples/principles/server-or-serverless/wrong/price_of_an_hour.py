"""Compares an hour of Lambda with an hour of EC2."""

from decimal import Decimal


def cheaper(runs: int, seconds: int, memory_gb: Decimal) -> str:
    """Return where an hour costs less."""
    hour = 3600 * memory_gb * Decimal("0.0000166667")
    return "lambda" if hour < Decimal("0.0472") else "ec2"
