"""Encrypts the password, and gives it to whoever answers."""

import psycopg


def connect(conninfo: str = "") -> psycopg.Connection:
    """Connect to the server, or to anybody who took its place."""
    return psycopg.connect(conninfo, sslmode="require", connect_timeout=10)
