"""Counter-example: whoever opens a pull request waits for the source."""

# --8<-- [start:wrong]
import requests


def main(url: str, schema: str) -> int:
    """Return 0 if the source answers."""
    reply = requests.get(url, timeout=5)
    return 0 if reply.ok and reply.json()["items"] else 1


# --8<-- [end:wrong]
