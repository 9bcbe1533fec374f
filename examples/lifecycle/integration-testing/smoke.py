"""One request to the real source, each night: a warning, never a failure."""

# --8<-- [start:smoke]
import json
import sys
from pathlib import Path

import requests
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

CONNECT_S, READ_S = 5, 20


def warning(url: str, schema: Path) -> str | None:
    """Return what is wrong with the source; None if all is well.

    Args:
        url: of one small reply, such as the readings of one gauge.
        schema: what the recorded replies of the tests follow.
    """
    try:
        reply = requests.get(url, timeout=(CONNECT_S, READ_S))
        reply.raise_for_status()
        found = reply.json()
    except requests.RequestException as error:
        return f"the source does not answer: {type(error).__name__}"
    rules = json.loads(schema.read_text("utf-8"))
    worst = best_match(Draft202012Validator(rules).iter_errors(found))
    return f"record the replies anew: {worst.message}" if worst else None


def main(url: str, schema: str) -> int:
    """Print a warning for GitHub; return 0 whatever it says."""
    if said := warning(url, Path(schema)):
        print(f"::warning title=Source::{said}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
# --8<-- [end:smoke]
