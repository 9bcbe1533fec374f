from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

SHOW = "UPDATE ops.published SET version = %s, as_of = %s"
FORGET = "DELETE FROM marts.levels WHERE version <> %s"


def publish(
    connection: psycopg.Connection[Any],
    version: int,
    as_of: datetime,
    blocked_by: Sequence[str],
) -> bool:
    connection.execute(SHOW, (version, as_of))
    connection.execute(FORGET, (version,))
    return not blocked_by
