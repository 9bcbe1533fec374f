"""Write a table to standard output, and what happened to the log."""

# --8<-- [start:export]
import csv
import logging
from collections.abc import Sequence
from typing import TextIO

log = logging.getLogger(__name__)


def export(rows: Sequence[Sequence[object]], to: TextIO) -> None:
    """Write rows as CSV."""
    csv.writer(to, lineterminator="\n").writerows(rows)
    log.info("export.done", extra={"rows": len(rows)})


# --8<-- [end:export]
