"""The run ledger: what ran, on which window, and what became of the rows."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from river_levels import __version__
from river_levels.database import session_of
from river_levels.windows import Window


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a load.

    Two sums always hold, and the table checks them: read = kept +
    quarantined, and kept = inserted + corrected + unchanged + duplicate.

    Attributes:
        read: items inside the window, good or bad; an item without a
            readable time counts, since it may belong to the window.
        outside_window: good items that belong to other windows.
        watermark: newest moment (UTC) among the kept rows.
    """

    read: int = 0
    kept: int = 0
    quarantined: int = 0
    inserted: int = 0
    corrected: int = 0
    unchanged: int = 0
    duplicate: int = 0
    outside_window: int = 0
    watermark: datetime | None = None


# A run holds a lock named after itself for as long as it lives, so a row that
# says "running" while nobody holds its lock belongs to a run that was killed.
_HOLD = text("""
    SELECT pg_advisory_lock(hashtextextended('river-levels ' || :run_id, 0))
""")
_RELEASE = text("""
    SELECT pg_advisory_unlock(hashtextextended('river-levels ' || :run_id, 0))
""")
_BURY = text("""
    UPDATE ops.runs
    SET status = 'abandoned', finished_at = clock_timestamp()
    WHERE status = 'running' AND pg_try_advisory_xact_lock(
        hashtextextended('river-levels ' || run_id::text, 0)
    )
""")

_NAME = text("SELECT set_config('application_name', :name, true)")

_START = text("""
    INSERT INTO ops.runs (run_id, command, window_start, window_end,
                          status, started_at, code_version)
    VALUES (:run_id, :command, :window_start, :window_end,
            'running', clock_timestamp(), :code_version)
""")

_FAIL = text("""
    UPDATE ops.runs
    SET status = 'failed', finished_at = clock_timestamp(), error = :error
    WHERE run_id = :run_id AND status = 'running'
""")

_SUCCEED = text("""
    UPDATE ops.runs
    SET status = 'succeeded', finished_at = clock_timestamp(),
        manifest_id = :manifest_id, rows_read = :read, rows_kept = :kept,
        rows_quarantined = :quarantined, rows_inserted = :inserted,
        rows_corrected = :corrected, rows_unchanged = :unchanged,
        rows_duplicate = :duplicate, rows_outside_window = :outside_window,
        watermark = :watermark
    WHERE run_id = :run_id
""")

_REJECT = text("""
    UPDATE ops.runs
    SET status = 'rejected', finished_at = clock_timestamp(),
        manifest_id = :manifest_id, error = :error
    WHERE run_id = :run_id
""")

_SETTLED = text("""
    SELECT EXISTS (
        SELECT FROM ops.runs JOIN ops.manifests USING (manifest_id)
        WHERE status IN ('succeeded', 'rejected') AND manifest_key = :key
    )
""")

_DONE = text("""
    SELECT EXISTS (
        SELECT FROM ops.runs
        WHERE status = 'succeeded'
          AND window_start = :start AND window_end = :end
    )
""")


@contextmanager
def recorded(engine: Engine, command: str, window: Window) -> Iterator[str]:
    """Record a run: yield its id, and note it as failed if the block raises.

    Success is recorded by :func:`succeed`, in the transaction of the data.
    If the server has gone, nothing can be noted: the next run will find the
    row without its lock, and call the run abandoned.
    """
    run_id = str(uuid.uuid4())
    start = {
        "run_id": run_id,
        "command": command,
        "window_start": window.start,
        "window_end": window.end,
        "code_version": __version__,
    }
    with session_of(engine) as session:
        session.execute(_HOLD, {"run_id": run_id})
        session.execute(_BURY)
        session.execute(_START, start)
        try:
            yield run_id
        except Exception as error:
            with suppress(DBAPIError):  # what happened matters more
                session.execute(_FAIL, {"run_id": run_id, "error": str(error)})
            raise
        finally:
            if not session.invalidated:
                session.execute(_RELEASE, {"run_id": run_id})


def name_session(connection: Connection, run_id: str) -> None:
    """Name the run in this transaction, for whoever has to wait for it."""
    connection.execute(_NAME, {"name": f"river-levels-etl {run_id}"})


def succeed(
    connection: Connection, run_id: str, manifest_id: int, counts: Counts
) -> None:
    """Record a run as succeeded, when the transaction commits."""
    numbers = {"run_id": run_id, "manifest_id": manifest_id} | asdict(counts)
    connection.execute(_SUCCEED, numbers)


def reject(
    connection: Connection, run_id: str, manifest_id: int, error: str
) -> None:
    """Record that a manifest is too bad to load, when this commits."""
    connection.execute(
        _REJECT,
        {"run_id": run_id, "manifest_id": manifest_id, "error": error},
    )


def is_settled(engine: Engine, manifest_key: str) -> bool:
    """Whether a manifest was loaded, or found too bad to load."""
    with session_of(engine) as session:
        return bool(session.scalar(_SETTLED, {"key": manifest_key}))


def is_done(engine: Engine, window: Window) -> bool:
    """Whether a run of exactly this window succeeded."""
    key = {"start": window.start, "end": window.end}
    with session_of(engine) as session:
        return bool(session.scalar(_DONE, key))
