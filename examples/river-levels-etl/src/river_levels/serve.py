"""Serve: check what readers may see, and export it."""

import csv
import io
import logging
from collections.abc import Iterable, Sequence

from psycopg import sql
from sqlalchemy import Engine

from river_levels.config import Settings
from river_levels.database import database_errors, psycopg_of
from river_levels.storage import RawStore

log = logging.getLogger(__name__)

READER = "river_levels_ro"
VIEWS = ("river_levels_daily", "latest_river_levels")
EXPORT_KEY = "exports/river_levels_daily.csv"
BATCH_ROWS = 5_000
FORMULA_START = ("=", "+", "-", "@", "\t", "\r")


def serve(settings: Settings, engine: Engine, store: RawStore) -> bool:
    """Export the daily levels as the read-only role sees them.

    Returns:
        Whether the export changed.

    Raises:
        DatabaseError: if a view is missing or closed to its readers.
        StorageError: if S3 fails.
    """
    schema = f"{settings.schema_prefix}serving"
    with database_errors(), engine.connect() as connection:
        driver = psycopg_of(connection)
        cursor = driver.cursor()
        cursor.execute(
            sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(READER))
        )
        for view in VIEWS:
            name = sql.Identifier(schema, view)
            query = sql.SQL("SELECT FROM {} LIMIT 1").format(name)
            cursor.execute(query)
        query = sql.SQL(
            "SELECT * FROM {} ORDER BY local_date, measure_id"
        ).format(sql.Identifier(schema, VIEWS[0]))
        # Named, so that the rows stay with the server until they are written.
        with driver.cursor("export") as rows:
            rows.itersize = BATCH_ROWS
            rows.execute(query)
            header = [column.name for column in rows.description or ()]
            body = to_csv(header, rows)
    changed = store.put_export(EXPORT_KEY, body)
    log.info(
        "serve.done", extra={"changed": changed, "export_bytes": len(body)}
    )
    return changed


def to_csv(header: list[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write rows as UTF-8 CSV that a spreadsheet opens without harm.

    A text that a spreadsheet would take for a formula gets an apostrophe.
    """
    body = io.BytesIO()
    text = io.TextIOWrapper(body, "utf-8", newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    for row in rows:
        table.writerow([_disarmed(value) for value in row])
    text.flush()
    return body.getvalue()


def _disarmed(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA_START):
        return f"'{value}"
    return value
