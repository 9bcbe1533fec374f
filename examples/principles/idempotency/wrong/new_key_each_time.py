"""Gives every attempt a key of its own: the receiver cannot tell."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg


def send_once(
    connection: psycopg.Connection[Any],
    key: str,
    send: Callable[[str], object],
) -> bool:
    """Send a message, once for every time that the run is repeated."""
    send(f"{key}/{uuid4()}")
    return True
