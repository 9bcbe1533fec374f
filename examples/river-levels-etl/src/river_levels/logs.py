"""JSON log lines on stderr: one event, its numbers, no payload."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """Format a record as one JSON line; the time is UTC.

    Args:
        context: goes into every line, such as the run's id.
    """

    def __init__(self, **context: str) -> None:
        super().__init__()
        self._context = context

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, event, the context, and the extras."""
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "event": record.getMessage(),
        }
        line |= self._context
        line |= {k: v for k, v in vars(record).items() if k not in _STANDARD}
        if record.exc_info and record.exc_info[0]:
            # The place, not the message: a message may quote the data.
            frames = traceback.extract_tb(record.exc_info[2])
            line["exception"] = record.exc_info[0].__name__
            line["at"] = [f"{f.name}:{f.lineno}" for f in frames[-5:]]
        return json.dumps(line, default=str)


def set_up(level: str, **context: str) -> None:
    """Log to stderr from ``level`` on; ``context`` goes into every line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(**context))
    logger = logging.getLogger("river_levels")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
