"""Send a message once, however often the run is repeated."""

# --8<-- [start:send_once]
from collections.abc import Callable
from typing import Any

import psycopg

CLAIM = """
    INSERT INTO notices_sent (key) VALUES (%s)
    ON CONFLICT DO NOTHING
    RETURNING key
"""


def send_once(
    connection: psycopg.Connection[Any],
    key: str,
    send: Callable[[str], object],
) -> bool:
    """Send a message unless it was sent before; say whether it was now.

    If we die after sending and before the commit, the next run sends again,
    with the same key: the receiver can tell that it has the message.

    Args:
        connection: outside a transaction.
        key: what the message is about, such as
            ``flood-warning/3390TH/20260329T000000Z``; never a random one.
        send: hands the key to the receiver; short time-out, raises on error.

    Raises:
        Exception: whatever ``send`` raised; the message counts as not sent.
    """
    with connection.transaction():
        claimed = connection.execute(CLAIM, [key]).fetchone()
        if claimed is None:
            return False
        send(key)
    return True


# --8<-- [end:send_once]
