"""Accepted is taken for done."""

from typing import Any


def run(client: Any, sql: str, token: str, **ignored: Any) -> int:
    """Run one statement."""
    reply = client.execute_statement(
        WorkgroupName="river-levels-development",
        Database="river_levels",
        Sql=sql,
        ClientToken=token,
    )
    return len([reply["Id"]])
