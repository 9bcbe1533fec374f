"""Run SQL on Redshift Serverless without a connection."""

# --8<-- [start:run]
import time
from collections.abc import Callable
from typing import Any


class StatementError(RuntimeError):
    """Redshift did not do it; the message is its own."""


def run(
    client: Any,
    sql: str,
    token: str,
    limit_s: float = 300.0,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Run one statement to its end; return the rows it wrote or brought.

    Args:
        client: of ``redshift-data``.
        token: the same for a retry, so that it runs once.

    Raises:
        StatementError: if it failed, was aborted, or takes too long.
    """
    started = client.execute_statement(
        WorkgroupName="river-levels-development",
        Database="river_levels",
        Sql=sql,
        ClientToken=token,
    )
    waited = 0.0
    while waited < limit_s:
        said = client.describe_statement(Id=started["Id"])
        if said["Status"] == "FINISHED":
            return int(said["ResultRows"])
        if said["Status"] in {"FAILED", "ABORTED"}:
            raise StatementError(said.get("Error", said["Status"]))
        sleep(2)
        waited += 2
    client.cancel_statement(Id=started["Id"])
    raise StatementError(f"not done after {limit_s:g} seconds: cancelled")


# --8<-- [end:run]
