"""A polite HTTP client: time-outs, a rate limit, and retries that give up.

It needs only requests (with urllib3 2.2 or newer, for ``read1``) and tenacity,
so the file can be copied as it stands.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import requests
import tenacity
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
RETRIED_ERRORS = (requests.ConnectionError, requests.Timeout, HTTPError)
BACKOFF_CAP_S = 30.0
MAX_BYTES = 50_000_000
CHUNK_BYTES = 65_536


class RequestFailed(Exception):
    """The source did not give us usable data, and asking again is no use."""


class TryAgain(RequestFailed):
    """A failure that may pass; ``retry_after_s`` is what the source asked."""

    def __init__(self, why: str, retry_after_s: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Reply:
    """A successful reply.

    Attributes:
        body: the bytes as received, after transfer decoding.
        document: the JSON value in the body.
        fetched_at: when the reply was complete, UTC.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    document: Any
    fetched_at: datetime


class RateLimiter:
    """Let at most ``per_second`` calls pass, evenly spaced, in all threads."""

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval_s = 1 / per_second
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is this caller's turn."""
        with self._lock:
            now = self._clock()
            turn = max(self._next, now)
            self._next = turn + self._interval_s
        if turn > now:
            self._sleep(turn - now)


class PoliteClient:
    """Get JSON from one source without being a burden to it.

    Args:
        root: address that every path is appended to.
        user_agent: names the program and an address to write to.
        limiter: shared by every client of the same source.
        budget_s: how long one request may be retried, in seconds.
        read_timeout_s: how long the source may be silent, and how long a
            whole reply may take.
        sleep: waits between two tries; tests pass a fake.
    """

    def __init__(
        self,
        root: str,
        user_agent: str,
        limiter: RateLimiter,
        budget_s: float = 300.0,
        read_timeout_s: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._root = root.rstrip("/")
        self._limiter = limiter
        self._budget_s = budget_s
        self._read_timeout_s = read_timeout_s
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update(
            {"User-Agent": user_agent, "Accept": "application/json"}
        )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, params: Mapping[str, str]) -> Reply:
        """Get a path; parameters with an empty text become bare flags.

        Raises:
            RequestFailed: after the last try, with the reason.
        """
        query = urlencode(params).replace("=&", "&").removesuffix("=")
        url = f"{self._root}{path}?{query}" if query else self._root + path
        retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TryAgain),
            wait=_backoff,
            stop=self._is_spent,
            sleep=self._sleep,
            before_sleep=_report,
            reraise=True,
        )
        return retry(self._once, url)

    def _once(self, url: str) -> Reply:
        self._limiter.wait()
        timeout = (CONNECT_TIMEOUT_S, self._read_timeout_s)
        try:
            with self._session.get(url, timeout=timeout, stream=True) as got:
                _check_status(got)
                body = self._read(got)
        except RETRIED_ERRORS as error:
            raise TryAgain(f"{url}: {type(error).__name__}") from error
        except requests.RequestException as error:
            raise RequestFailed(f"{url}: {type(error).__name__}") from error
        return Reply(
            url=url,
            status=got.status_code,
            headers=got.headers,
            body=body,
            document=decode(url, got.headers, body),
            fetched_at=datetime.now(UTC),
        )

    def _read(self, got: requests.Response) -> bytes:
        """Read a body that neither drips for ever nor fills the memory."""
        deadline = time.monotonic() + self._read_timeout_s
        body = bytearray()
        # Not iter_content: it waits until a whole chunk has dripped in.
        while chunk := got.raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > MAX_BYTES:
                raise RequestFailed(f"{got.url}: over {MAX_BYTES:,} bytes")
            if time.monotonic() > deadline:
                raise TryAgain(f"{got.url}: slower than the read time-out")
        return bytes(body)

    def _is_spent(self, state: tenacity.RetryCallState) -> bool:
        """Whether the next try would begin after the budget is used up."""
        wait_s = state.upcoming_sleep
        return (state.seconds_since_start or 0.0) + wait_s > self._budget_s


def _check_status(got: requests.Response) -> None:
    if got.status_code in RETRIED_STATUS:
        after_s = retry_after_s(got.headers, datetime.now(UTC))
        raise TryAgain(f"{got.url}: HTTP {got.status_code}", after_s)
    if not got.ok:
        raise RequestFailed(f"{got.url}: HTTP {got.status_code}")


def decode(url: str, headers: Mapping[str, str], body: bytes) -> Any:
    """Return the JSON value of a body.

    Raises:
        TryAgain: if the body is no JSON, such as an error page sent with 200
            or a reply that was cut off; the next try may get the whole.
            So too if an object gives a name twice: one value would be lost.
    """
    try:
        return json.loads(body, object_pairs_hook=_each_name_once)
    except (ValueError, RecursionError) as error:
        kind = headers.get("Content-Type", "no content type")
        raise TryAgain(
            f"{url}: {len(body):,} bytes of {kind} are no JSON"
        ) from error


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        raise ValueError("a name is given twice")
    return names


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float:
    """Return the seconds that a ``Retry-After`` header asks us to wait.

    It holds whole seconds or an HTTP date; 0.0 if it is absent or senseless.
    """
    text = CaseInsensitiveDict(headers).get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


_full_jitter = tenacity.wait_random_exponential(
    multiplier=1, max=BACKOFF_CAP_S
)


def _backoff(state: tenacity.RetryCallState) -> float:
    """Wait what the source asks, and a random part of 1, 2, 4 … 30 seconds.

    The random part comes on top: all who were told one moment would
    otherwise come back in that moment.
    """
    error = state.outcome.exception() if state.outcome else None
    asked_s = error.retry_after_s if isinstance(error, TryAgain) else 0.0
    return asked_s + _full_jitter(state)


def _report(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning(
        "request.retry",
        extra={
            "reason": str(error),
            "attempt": state.attempt_number,
            "wait_s": round(state.upcoming_sleep, 1),
        },
    )
