"""A canary that counts fields, and does not look at them."""

from collections.abc import Mapping


def drift(
    contract: Mapping[str, object], seen: Mapping[str, object]
) -> list[str]:
    """Say that something is wrong if fields are missing."""
    return ["fields are missing"] if len(seen) < len(contract) else []
