"""Take any number of rows out of PostgreSQL in little memory."""

# --8<-- [start:copy_out]
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import psycopg
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Extracted:
    """What went out: compare it with what arrives."""

    rows: int
    size_bytes: int
    sha256: str


def query_of(schema: str, table: str, columns: Iterable[str]) -> sql.Composed:
    """Return a query of these columns, and of no others."""
    return sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(sql.Identifier(column) for column in columns),
        sql.Identifier(schema, table),
    )


def copy_out(
    connection: psycopg.Connection[Any], query: sql.Composed, out: BinaryIO
) -> Extracted:
    """Write the rows of a query as CSV with a header, in UTF-8."""
    digest, size = hashlib.sha256(), 0
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)")
    cursor = connection.cursor()
    with cursor.copy(statement.format(query)) as copy:
        for block in copy:
            out.write(block)
            digest.update(block)
            size += len(block)
    return Extracted(cursor.rowcount, size, digest.hexdigest())


# --8<-- [end:copy_out]
# --8<-- [start:batches]
def batches(
    connection: psycopg.Connection[Any], query: sql.Composed, size: int = 5_000
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield lists of rows; the server keeps the rest."""
    with connection.cursor(name="extract") as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(size):
            yield rows


# --8<-- [end:batches]
