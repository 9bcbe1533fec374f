"""Begin a run: every line that follows says which run it belongs to."""

# --8<-- [start:begin]
from river_levels.logs import set_up


def begin(run_id: str, code_sha: str) -> None:
    """Log as JSON, with the run and the code in each line."""
    set_up(
        "INFO",
        pipeline="river-levels-etl",
        run_id=run_id,
        code_sha=code_sha,
    )


# --8<-- [end:begin]
