"""Whether the views still have what their readers were promised."""

# --8<-- [start:broken]
from collections.abc import Mapping
from typing import Any

import psycopg

COLUMNS = """
    SELECT column_name, data_type FROM information_schema.columns
    WHERE table_schema = %s AND table_name = %s
"""


def broken(
    connection: psycopg.Connection[Any],
    contract: Mapping[str, Mapping[str, str]],
) -> list[str]:
    """Return what readers would miss; columns that are new harm nobody.

    Args:
        connection: as a reader, who sees only what it may read.
        contract: type by column, by ``schema.view``; from contract.yml.
    """
    faults = []
    for view, promised in contract.items():
        found = dict(connection.execute(COLUMNS, view.split(".")).fetchall())
        for column, kind in promised.items():
            if column not in found:
                faults.append(f"{view}.{column} is gone")
            elif found[column] != kind:
                faults.append(
                    f"{view}.{column} is {found[column]}, not {kind}"
                )
    return faults


# --8<-- [end:broken]
