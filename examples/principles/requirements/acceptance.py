"""Keep what a person signed: the numbers, not the intention."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Signature:
    """Who accepted which result, and when."""

    name: str
    day: date
    result_sha256: str


type Rows = Sequence[tuple[object, ...]]


def sign(name: str, day: date, rows: Rows) -> Signature:
    """Note that a person saw these rows and says that they are right."""
    return Signature(name, day, _digest(rows))


def still_holds(signature: Signature, rows: Rows) -> bool:
    """Whether the query gives what was signed."""
    return signature.result_sha256 == _digest(rows)


def _digest(rows: Rows) -> str:
    text = json.dumps([list(row) for row in rows], default=str)
    return hashlib.sha256(text.encode()).hexdigest()
