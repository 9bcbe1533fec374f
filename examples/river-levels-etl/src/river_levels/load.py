"""Load: from raw objects to PostgreSQL, each row once, in bounded memory.

First everything is parsed into files on disk: no transaction is open and no
lock is held. Then one transaction copies the files into temporary tables and
merges those. Whatever happens, all of it is there afterwards or none of it.
"""

import csv
import io
import logging
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import IO, Any

import psycopg
from sqlalchemy import Connection, Engine, text

from river_levels import sql
from river_levels.database import database_errors, psycopg_of, take_turn
from river_levels.errors import QualityError, SourceError
from river_levels.flood_api import items_of
from river_levels.http import RequestFailed, decode
from river_levels.ledger import Counts, name_session, reject, succeed
from river_levels.parse import (
    Measure,
    Reading,
    Rejected,
    Station,
    parse_reading,
    parse_station,
)
from river_levels.storage import Manifest, RawObject, RawStore
from river_levels.windows import Window

log = logging.getLogger(__name__)

BLOCK_BYTES = 262_144
FEW_ROWS = 100
"""Of fewer rows than this, a share of bad ones says nothing."""

WORK_MEM = "64MB"


class Spool:
    """Rows on their way to COPY: a temporary CSV file, however many rows."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.rows = 0
        self._file: IO[bytes] = tempfile.TemporaryFile()
        self._text = io.TextIOWrapper(self._file, "utf-8", newline="")
        self._writer = csv.writer(self._text, lineterminator="\n")

    def add(self, row: Iterable[Any]) -> None:
        """Append one row; None becomes NULL."""
        self._writer.writerow(row)
        self.rows += 1

    def blocks(self) -> Iterator[bytes]:
        """Yield what was written, in blocks."""
        self._text.flush()
        self._file.seek(0)
        while block := self._file.read(BLOCK_BYTES):
            yield block

    def close(self) -> None:
        """Remove the file."""
        self._text.close()


@dataclass
class Parsed:
    """The parsed rows of a manifest, in files, and how many there were."""

    readings: Spool = field(default_factory=lambda: Spool("incoming_reading"))
    stations: Spool = field(default_factory=lambda: Spool("incoming_station"))
    measures: Spool = field(default_factory=lambda: Spool("incoming_measure"))
    rejects: Spool = field(default_factory=lambda: Spool("incoming_reject"))
    read: int = 0
    outside_window: int = 0
    quarantined: int = 0
    watermark: datetime | None = None
    reasons: Counter[str] = field(default_factory=Counter)

    def close(self) -> None:
        """Remove the files."""
        for spool in (
            self.readings,
            self.stations,
            self.measures,
            self.rejects,
        ):
            spool.close()


def parse(store: RawStore, manifest: Manifest) -> Parsed:
    """Parse every object of a manifest into files; close the result.

    Raises:
        StorageError: if an object is missing or damaged.
        SourceError: if an object holds something else than a list.
    """
    rows = Parsed()
    try:
        for page_no, stored in _distinct(manifest.objects):
            items = _items(stored, store.get_reply(stored))
            if stored.dataset == "readings":
                _add_readings(rows, items, page_no, manifest.window)
            else:
                _add_stations(rows, items, page_no)
    except BaseException:
        rows.close()
        raise
    return rows


def _distinct(
    objects: tuple[RawObject, ...],
) -> Iterator[tuple[int, RawObject]]:
    """Yield each object once with its number: equal bytes are one object."""
    seen = set()
    for page_no, stored in enumerate(objects):
        if stored.key not in seen:
            seen.add(stored.key)
            yield page_no, stored


def _items(stored: RawObject, body: bytes) -> list[Any]:
    try:
        document = decode(stored.url, stored.headers, body)
        return items_of(stored.url, document)
    except RequestFailed as error:
        raise SourceError(
            f"the stored reply cannot be read: {error}",
            "extract the window again",
        ) from error


def _add_readings(
    rows: Parsed, items: Iterable[Any], page_no: int, window: Window
) -> None:
    start, end, add = window.start, window.end, rows.readings.add
    newest = rows.watermark
    for item in items:
        row = parse_reading(item)
        at = row.observed_at
        if at is not None and not start <= at < end:
            rows.outside_window += 1
            continue
        rows.read += 1
        if isinstance(row, Reading):
            add((row.measure_id, row.observed_at, row.value, page_no))
            if newest is None or row.observed_at > newest:
                newest = row.observed_at
        else:
            rows.quarantined += 1
            rows.reasons[row.reason] += 1
            _add_reject(rows, "readings", row, page_no)
    rows.watermark = newest


def _add_stations(rows: Parsed, items: Iterable[Any], page_no: int) -> None:
    for item in items:
        for row in parse_station(item):
            match row:
                case Station():
                    rows.stations.add((*astuple(row), page_no))
                case Measure():
                    rows.measures.add((*astuple(row), page_no))
                case Rejected():
                    _add_reject(rows, "stations", row, page_no)


def _add_reject(
    rows: Parsed, dataset: str, row: Rejected, page_no: int
) -> None:
    rows.rejects.add(
        (row.item_hash, dataset, row.reason, row.detail, row.payload, page_no)
    )


def load(
    engine: Engine,
    store: RawStore,
    manifest: Manifest,
    run_id: str,
    max_quarantine_share: float,
) -> Counts:
    """Load what a manifest brought and record the run as succeeded.

    Raises:
        QualityError: if too many rows are bad; they are in the quarantine.
        StorageError, SourceError, DatabaseError: nothing was loaded.
    """
    with closing(parse(store, manifest)) as rows, database_errors():
        verdict = _verdict(rows, max_quarantine_share)
        with engine.begin() as connection:
            name_session(connection, run_id)
            take_turn(connection, "load")
            manifest_id = _register(connection, manifest)
            with psycopg_of(connection).cursor() as cursor:
                cursor.execute(sql.read("stage"))
            copy_in(psycopg_of(connection), rows.rejects)
            if verdict:
                _execute(connection, "quarantine", manifest, manifest_id)
                reject(connection, run_id, manifest_id, str(verdict))
            else:
                counts = _merge(connection, rows, manifest, manifest_id)
                succeed(connection, run_id, manifest_id, counts)
    if verdict:
        raise verdict
    log.info(
        "load.done",
        extra={k: v for k, v in vars(counts).items() if k != "watermark"}
        | {
            "run_id": run_id,
            "window": str(manifest.window),
            "reasons": dict(rows.reasons),
        },
    )
    return counts


def _verdict(rows: Parsed, max_share: float) -> QualityError | None:
    """Return why the rows are too bad to load; None if they are not."""
    if rows.read < FEW_ROWS or rows.quarantined <= max_share * rows.read:
        return None
    worst = ", ".join(f"{n:,} {w}" for w, n in rows.reasons.most_common(3))
    return QualityError(
        f"{rows.quarantined:,} of {rows.read:,} readings are bad ({worst})",
        "look at raw.quarantine, then run again; "
        "RIVER_LEVELS_MAX_QUARANTINE_SHARE is the limit",
    )


def copy_in(connection: psycopg.Connection[Any], spool: Spool) -> None:
    """Send a spool to its temporary table by COPY."""
    command = f"COPY {spool.table} FROM STDIN (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for block in spool.blocks():
            copy.write(block)


def _merge(
    connection: Connection, rows: Parsed, manifest: Manifest, manifest_id: int
) -> Counts:
    """Merge the parsed rows, set by set, and count what became of them."""
    driver = psycopg_of(connection)
    for spool in (rows.readings, rows.stations, rows.measures):
        copy_in(driver, spool)
    with driver.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{WORK_MEM}'")
        cursor.execute(sql.read("candidate"))
        cursor.execute("ANALYZE candidate")
        cursor.execute(sql.read("contradictions"))
        found = cursor.fetchone()
        contradicting = int(found[0]) if found else 0
        cursor.execute("SELECT count(*) FROM candidate")
        found = cursor.fetchone()
        distinct = int(found[0]) if found else 0

    def run(name: str) -> int:
        return _execute(connection, name, manifest, manifest_id)

    corrected = run("correct")
    run("confirm")
    inserted = run("insert")
    for name in ("stations", "stations_gone", "measures", "measures_gone"):
        run(name)
    run("quarantine")
    kept = rows.read - rows.quarantined - contradicting
    return Counts(
        read=rows.read,
        kept=kept,
        quarantined=rows.quarantined + contradicting,
        inserted=inserted,
        corrected=corrected,
        unchanged=distinct - inserted - corrected,
        duplicate=kept - distinct,
        outside_window=rows.outside_window,
        watermark=rows.watermark,
    )


def _execute(
    connection: Connection, name: str, manifest: Manifest, manifest_id: int
) -> int:
    parameters = {
        "fetched_at": manifest.fetched_at,
        "manifest_id": manifest_id,
    }
    with psycopg_of(connection).cursor() as cursor:
        return cursor.execute(sql.read(name), parameters).rowcount


def _register(connection: Connection, manifest: Manifest) -> int:
    """Note the manifest and its objects; return its number."""
    values = {
        "key": manifest.key,
        "start": manifest.window.start,
        "end": manifest.window.end,
        "fetched_at": manifest.fetched_at,
    }
    connection.execute(_NOTE_MANIFEST, values)
    manifest_id = connection.execute(_FIND_MANIFEST, values).scalar_one()
    objects = [
        {
            "manifest_id": manifest_id,
            "page_no": page_no,
            "object_key": stored.key,
            "sha256": stored.sha256,
            "url": stored.url,
            "fetched_at": stored.fetched_at,
        }
        for page_no, stored in enumerate(manifest.objects)
    ]
    connection.execute(_NOTE_OBJECT, objects)
    return int(manifest_id)


_NOTE_MANIFEST = text("""
    INSERT INTO ops.manifests
        (manifest_key, window_start, window_end, fetched_at)
    VALUES (:key, :start, :end, :fetched_at)
    ON CONFLICT (manifest_key) DO NOTHING
""")
_FIND_MANIFEST = text(
    "SELECT manifest_id FROM ops.manifests WHERE manifest_key = :key"
)
_NOTE_OBJECT = text("""
    INSERT INTO ops.objects
    VALUES (:manifest_id, :page_no, :object_key, :sha256, :url, :fetched_at)
    ON CONFLICT DO NOTHING
""")
