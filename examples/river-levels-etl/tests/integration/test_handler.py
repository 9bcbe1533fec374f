"""The function on PostgreSQL and S3, without Lambda around it."""

import json
from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from sqlalchemy import text

from river_levels import handler
from river_levels.pipeline import Pipeline
from river_levels.windows import Window

EVENT = {
    "window_start": "2026-03-28T00:00:00Z",
    "window_end": "2026-03-30T00:00:00Z",
}
DAYS = [
    "[2026-03-28T00:00:00Z, 2026-03-29T00:00:00Z)",
    "[2026-03-29T00:00:00Z, 2026-03-30T00:00:00Z)",
]


class Context:
    """An invocation whose clock says what it is told."""

    aws_request_id = "3f7c"
    invoked_function_arn = "arn:aws:lambda:eu-west-2:000000000000:function:x"

    def __init__(self, *seconds: float) -> None:
        self.seconds: Iterator[float] = chain(seconds, repeat(seconds[-1]))

    def get_remaining_time_in_millis(self) -> int:
        return int(next(self.seconds) * 1000)


def runs(pipeline: Pipeline) -> list[tuple[str, str]]:
    """Return what the ledger says."""
    query = "SELECT command, status FROM ops.runs ORDER BY started_at"
    with pipeline.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def readings(pipeline: Pipeline) -> int:
    """Return how many readings are loaded."""
    query = "SELECT count(*) FROM raw.readings"
    with pipeline.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_twice_is_once(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    first = handler.handler(EVENT, Context(300))
    loaded = readings(pipeline)
    second = handler.handler(EVENT, Context(300))

    assert first == second == {"done": DAYS, "resume_from": None}
    assert readings(pipeline) == loaded == 4
    assert runs(pipeline) == [("lambda", "succeeded")] * 4
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["request_id"] for line in lines} == {"3f7c"}
    assert lines[-1]["event"] == "lambda.done"


def test_only_what_is_missing_is_loaded(pipeline: Pipeline) -> None:
    second = {"window_start": "2026-03-29T00:00:00Z"}
    handler.handler(EVENT | second, Context(300))

    found = handler.handler(EVENT | {"only_missing": True}, Context(300))
    again = handler.handler(EVENT | {"only_missing": True}, Context(300))

    assert found == {"done": DAYS[:1], "resume_from": None}
    assert again == {"done": [], "resume_from": None}
    assert readings(pipeline) == 4
    assert runs(pipeline) == [("lambda", "succeeded")] * 2


def test_what_is_left_is_handed_over(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[Window] = []
    monkeypatch.setattr(
        handler,
        "hand_over",
        lambda rest, context, *, has_progress: handed.append(rest),
    )

    found = handler.handler(EVENT, Context(300, 300, 59))

    assert found == {"done": DAYS[:1], "resume_from": "2026-03-29T00:00:00Z"}
    assert handed == [Window.parse("2026-03-29", "2026-03-30")]


def test_no_time_at_all_is_a_failure(pipeline: Pipeline) -> None:
    with pytest.raises(handler.OutOfTimeError, match="no time to begin"):
        handler.handler(EVENT, Context(300, 59))

    assert runs(pipeline) == []
