"""Download a large file, but only if it changed."""

# --8<-- [start:download]
import time
from datetime import UTC, datetime
from pathlib import Path

import requests
import tenacity

from river_levels.http import (
    RETRIED_ERRORS,
    RETRIED_STATUS,
    RateLimiter,
    RequestFailed,
    TryAgain,
    retry_after_s,
)

TIMEOUT_S = (5.0, 30.0)  # to connect; of silence
LONGEST_S = 600.0
CHUNK_BYTES = 1_048_576
SPREAD = tenacity.wait_random_exponential(max=30)


def wait_s(state: tenacity.RetryCallState) -> float:
    """Wait what the source asks, or a random part of 1, 2, 4 … 30 seconds."""
    error = state.outcome.exception() if state.outcome else None
    asked_s = error.retry_after_s if isinstance(error, TryAgain) else 0.0
    return max(asked_s, SPREAD(state))


@tenacity.retry(
    retry=tenacity.retry_if_exception_type((TryAgain, *RETRIED_ERRORS)),
    wait=wait_s,
    stop=tenacity.stop_before_delay(900),
    reraise=True,
)
def download(
    session: requests.Session,
    limiter: RateLimiter,
    url: str,
    target: Path,
    etag: str = "",
) -> str | None:
    """Stream a file to disk; it appears there whole, or not at all.

    Args:
        etag: what the last download returned; empty for the first.

    Returns:
        The ETag to keep for next time, empty if the source has none; None if
        the file has not changed since ``etag``, and ``target`` is untouched.

    Raises:
        RequestFailed, requests.RequestException: after the last try.
    """
    limiter.wait()
    deadline = time.monotonic() + LONGEST_S
    headers = {"If-None-Match": etag} if etag else {}
    with session.get(
        url, headers=headers, timeout=TIMEOUT_S, stream=True
    ) as got:
        if got.status_code == requests.codes.not_modified:
            return None
        if got.status_code in RETRIED_STATUS:
            after_s = retry_after_s(got.headers, datetime.now(UTC))
            raise TryAgain(f"{url}: HTTP {got.status_code}", after_s)
        if got.status_code != requests.codes.ok:
            raise RequestFailed(f"{url}: HTTP {got.status_code}")
        part = target.with_name(f"{target.name}.part")
        with part.open("wb") as file:
            while chunk := got.raw.read1(CHUNK_BYTES, decode_content=True):
                file.write(chunk)
                if time.monotonic() > deadline:
                    raise TryAgain(f"{url}: not done in {LONGEST_S:g} s")
        part.replace(target)
        return got.headers.get("ETag", "")


# --8<-- [end:download]
