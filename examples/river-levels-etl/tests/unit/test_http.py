"""The HTTP client: patient with a failing source, but not for ever."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses

from river_levels import http
from river_levels.http import (
    PoliteClient,
    RateLimiter,
    RequestFailed,
    TryAgain,
    decode,
    retry_after_s,
)

ROOT = "https://api.test/flood-monitoring"
NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(slept: list[float]) -> Iterator[PoliteClient]:
    client = PoliteClient(
        ROOT + "/",
        "river-levels-etl/test (+data@council.example)",
        RateLimiter(1_000_000),
        budget_s=60,
        read_timeout_s=5,
        sleep=slept.append,
    )
    yield client
    client.close()


@responses.activate
def test_flags_are_sent_without_a_value(client: PoliteClient) -> None:
    responses.get(f"{ROOT}/data/readings", json={"items": []})

    reply = client.get("/data/readings", {"latest": "", "_limit": "5"})

    assert reply.url == f"{ROOT}/data/readings?latest&_limit=5"
    assert reply.document == {"items": []}
    assert reply.fetched_at.tzinfo is UTC
    sent = responses.calls[0].request.headers
    assert "data@council.example" in sent["User-Agent"]


@responses.activate
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_failure_is_retried(
    client: PoliteClient, slept: list[float], status: int
) -> None:
    responses.get(f"{ROOT}/a", status=status)
    responses.get(f"{ROOT}/a", body=requests.ConnectionError("reset"))
    responses.get(f"{ROOT}/a", json=[1])

    assert client.get("/a", {}).document == [1]
    assert len(slept) == 2


@responses.activate
def test_a_refusal_is_not_retried(client: PoliteClient) -> None:
    responses.get(f"{ROOT}/a", status=404)

    with pytest.raises(RequestFailed, match="HTTP 404"):
        client.get("/a", {})

    assert len(responses.calls) == 1


@responses.activate
def test_the_source_says_when_to_come_back(
    client: PoliteClient, slept: list[float]
) -> None:
    responses.get(f"{ROOT}/a", status=429, headers={"Retry-After": "40"})
    responses.get(f"{ROOT}/a", json=[])

    client.get("/a", {})

    (waited,) = slept
    assert 40.0 <= waited <= 41.0, "what was asked, and up to a second"


@responses.activate
def test_a_wait_beyond_the_budget_is_not_begun(
    client: PoliteClient, slept: list[float]
) -> None:
    responses.get(f"{ROOT}/a", status=503, headers={"Retry-After": "61"})

    with pytest.raises(RequestFailed, match="HTTP 503"):
        client.get("/a", {})

    assert slept == []


@responses.activate
def test_a_body_that_is_too_large_is_refused(
    client: PoliteClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_BYTES", 10)
    responses.get(f"{ROOT}/a", body=b"[" + b" " * 20 + b"]")

    with pytest.raises(RequestFailed, match="over 10 bytes"):
        client.get("/a", {})


@responses.activate
def test_a_body_that_drips_is_given_up(
    client: PoliteClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(step=10.0)
    responses.get(f"{ROOT}/a", body=b"[]")
    client._budget_s = 0.0
    monkeypatch.setattr(http.time, "monotonic", lambda: next(clock))

    with pytest.raises(RequestFailed, match="slower than the read time-out"):
        client.get("/a", {})


@pytest.mark.parametrize(
    "body",
    [
        b"<html>sorry</html>",
        b'{"items": [',
        b"",
        b"[" * 200_000,
        b'{"items": [{"value": 0.43, "value": 0.45}]}',  # which one is it?
    ],
)
def test_a_body_that_is_no_json_may_come_whole_next_time(body: bytes) -> None:
    with pytest.raises(TryAgain, match="text/html are no JSON"):
        decode("url", {"Content-Type": "text/html"}, body)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"Retry-After": "Sun, 29 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Sun, 29 Mar 2026 12:00:30 -0000"}, 30.0),
        ({"Retry-After": "Sun, 29 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, 0.0),
        ({"Retry-After": "-5"}, 0.0),
        ({}, 0.0),
    ],
)
def test_both_forms_of_retry_after(header: Any, seconds: float) -> None:
    assert retry_after_s(header, NOW) == seconds


def test_requests_are_spaced_evenly() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    limiter = RateLimiter(4, clock=lambda: now[0], sleep=sleep)
    for _ in range(4):
        limiter.wait()

    assert slept == [0.25, 0.25, 0.25]
