"""How much of a table a query reads; keep it in a test."""

# --8<-- [start:blocks_read]
from typing import Any

import psycopg
from psycopg import sql

EXPLAIN = sql.SQL("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {}")


def blocks_read(
    connection: psycopg.Connection[Any], query: sql.Composable
) -> int:
    """Run a query and return how many blocks of 8 kB it looked at."""
    found = connection.execute(EXPLAIN.format(query)).fetchone()
    plan = found[0][0]["Plan"] if found else {}
    hit, read = plan["Shared Hit Blocks"], plan["Shared Read Blocks"]
    return int(hit) + int(read)


# --8<-- [end:blocks_read]
