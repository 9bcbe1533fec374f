"""Counter-example: everybody means well, and starts at minute 0."""


def minute_of(pipeline: str) -> int:
    """Return the minute for a pipeline."""
    return 0
