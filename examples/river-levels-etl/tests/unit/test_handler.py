"""What an event means, and what the time that is left allows."""

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from river_levels import handler
from river_levels.config import Settings
from river_levels.errors import ConfigError
from river_levels.windows import Window

ARN = "arn:aws:lambda:eu-west-2:000000000000:function:levels"


class Context:
    """An invocation with a fixed time left."""

    aws_request_id = "3f7c"
    invoked_function_arn = ARN

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@pytest.mark.parametrize(
    ("event", "start", "end"),
    [
        (
            {"scheduled_time": "2026-03-29T10:07:00Z"},
            "2026-03-29T09:00",
            "2026-03-29T10:00",
        ),
        (  # in London it is 11:07 by then
            {"scheduled_time": "2026-03-29T11:07:00+01:00"},
            "2026-03-29T09:00",
            "2026-03-29T10:00",
        ),
        (
            {"scheduled_time": "2026-03-29T10:07:00Z", "overlap_hours": 48},
            "2026-03-27T09:00",
            "2026-03-29T10:00",
        ),
        (
            {
                "window_start": "2026-03-01T00:00:00Z",
                "window_end": "2026-03-03T00:00:00Z",
            },
            "2026-03-01",
            "2026-03-03",
        ),
    ],
)
def test_an_event_means_a_window(
    event: dict[str, Any], start: str, end: str
) -> None:
    assert handler.window_of(event) == Window.parse(start, end)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"Records": []},
        {"scheduled_time": "<aws.scheduler.scheduled-time>"},
        {"scheduled_time": "2026-03-29T10:07:00"},  # in which zone?
        {"scheduled_time": "2026-03-29T10:07:00Z", "overlap_hours": -1},
        {"window_start": "2026-03-01T00:00:00Z"},
        {
            "scheduled_time": "2026-03-29T10:07:00Z",
            "window_start": "2026-03-01T00:00:00Z",
            "window_end": "2026-03-03T00:00:00Z",
        },
    ],
)
def test_an_event_without_a_window_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="send scheduled_time, or") as failed:
        handler.window_of(event)

    assert not any(
        value in str(failed.value)
        for value in event.values()
        if isinstance(value, str)
    )


def test_an_empty_window_is_refused() -> None:
    moment = "2026-03-01T00:00:00Z"

    with pytest.raises(ConfigError, match="is empty"):
        handler.window_of({"window_start": moment, "window_end": moment})


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that reach nothing."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example.org/levels")
    monkeypatch.setenv("RIVER_LEVELS_BUCKET", "levels")
    monkeypatch.setenv("RIVER_LEVELS_API_URL", "https://api.test")
    return Settings()


@pytest.mark.parametrize(
    ("remaining", "budget"), [(900, 300), (300, 255), (45, 0)]
)
def test_a_request_ends_before_the_function(
    settings: Settings, remaining: float, budget: float
) -> None:
    found = handler.within(settings, remaining)

    assert found.retry_budget_s == budget
    longest = found.retry_budget_s + found.read_timeout_s + 5
    assert longest <= remaining - 10


def test_time_is_counted_in_seconds() -> None:
    assert handler.remaining_s(Context(4.5)) == 4.5


def test_too_little_time_for_a_request_is_said(settings: Settings) -> None:
    with pytest.raises(handler.OutOfTimeError) as failed:
        handler.within(settings, 44)

    assert str(failed.value) == (
        "44 s are too few for one request - set the time-out above 45 s"
    )


def test_the_rest_goes_to_another_invocation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = boto3.client(
        "lambda",
        region_name="eu-west-2",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    stub = Stubber(client)
    event = {
        "window_start": "2026-03-02T00:00:00Z",
        "window_end": "2026-03-04T00:00:00Z",
    }
    asked = {
        "FunctionName": ARN,
        "InvocationType": "Event",
        "Payload": json.dumps(event),
    }
    stub.add_response("invoke", {"StatusCode": 202}, asked)
    stub.activate()
    monkeypatch.setattr(
        boto3.Session, "client", lambda self, name, config: client
    )
    rest = Window.parse("2026-03-02", "2026-03-04")

    handler.hand_over(rest, Context(5), has_progress=True)

    stub.assert_no_pending_responses()
    assert handler.window_of(event) == rest


def test_without_progress_nothing_is_handed_over() -> None:
    rest = Window.parse("2026-03-02", "2026-03-04")

    with pytest.raises(handler.OutOfTimeError) as failed:
        handler.hand_over(rest, Context(5), has_progress=False)

    assert str(failed.value).startswith(f"no time to begin {rest} - raise")
