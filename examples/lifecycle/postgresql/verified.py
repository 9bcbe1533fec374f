"""Connect to a server that has proved who it is."""

# --8<-- [start:connect]
import psycopg

CONNECT_TIMEOUT_S = 10


def connect(conninfo: str = "") -> psycopg.Connection:
    """Connect, once the server has proved by certificate who it is.

    Args:
        conninfo: what the PG* variables do not say. PGSSLROOTCERT names the
            file of the authorities that we trust.

    Raises:
        psycopg.OperationalError: if the server is another one, or away.
    """
    return psycopg.connect(
        conninfo, sslmode="verify-full", connect_timeout=CONNECT_TIMEOUT_S
    )


# --8<-- [end:connect]
