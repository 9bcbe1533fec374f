"""Compare a table with what we expect of it, before reading a row."""

# --8<-- [start:drift]
import logging
from collections.abc import Mapping
from typing import Any

import psycopg

logger = logging.getLogger(__name__)

COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod)
FROM pg_catalog.pg_attribute
WHERE attrelid = to_regclass(format('%%I.%%I', %s::text, %s::text))
    AND attnum > 0 AND NOT attisdropped
"""


class SchemaDrift(Exception):
    """The table lacks something that we read; one line says what."""


def check_columns(
    connection: psycopg.Connection[Any],
    schema: str,
    table: str,
    expected: Mapping[str, str],
) -> list[str]:
    """Return the columns that we do not take; warn of them.

    Raises:
        SchemaDrift: if a column that we take is gone or has another type.
    """
    found = dict(connection.execute(COLUMNS, (schema, table)).fetchall())
    faults = [
        f"{name} is {found.get(name, 'gone')}, expected {kind}"
        for name, kind in expected.items()
        if found.get(name) != kind
    ]
    if faults:
        raise SchemaDrift(f"{schema}.{table}: {'; '.join(faults)}")
    others = sorted(found.keys() - expected.keys())
    if others:
        logger.warning("%s.%s: not taken: %s", schema, table, others)
    return others


# --8<-- [end:drift]
