"""Asks for one token at the start; after 15 minutes it opens nothing."""

from typing import Any

from sqlalchemy import Engine, event


def use_tokens(engine: Engine, rds: Any) -> None:
    """Let all connections bring the token that was new when we started."""
    token = rds.generate_db_auth_token(
        DBHostname=engine.url.host,
        Port=engine.url.port,
        DBUsername=engine.url.username,
    )

    @event.listens_for(engine, "do_connect")
    def add_token(_1: Any, _2: Any, _3: Any, parameters: Any) -> None:
        parameters["password"] = token
