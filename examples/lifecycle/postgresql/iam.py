"""Log in to RDS by IAM: a token for each new connection, and no password."""

# --8<-- [start:use_tokens]
from typing import Any, Protocol

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry


class TokenSource(Protocol):
    """What ``boto3.client("rds")`` can do for us."""

    def generate_db_auth_token(
        self, *, DBHostname: str, Port: int, DBUsername: str
    ) -> str:
        """Sign a token that is good for 15 minutes; needs no network."""
        ...


def use_tokens(engine: Engine, rds: TokenSource) -> None:
    """Let each new connection of a pool bring a token of its own.

    Args:
        engine: its URL names host and user, and no password.
        rds: signs for the role that this process runs as.
    """

    @event.listens_for(engine, "do_connect")
    def add_token(
        dialect: Dialect,
        record: ConnectionPoolEntry,
        arguments: list[Any],
        parameters: dict[str, Any],
    ) -> None:
        parameters["password"] = rds.generate_db_auth_token(
            DBHostname=parameters["host"],
            Port=parameters.get("port", 5432),
            DBUsername=parameters["user"],
        )


# --8<-- [end:use_tokens]
