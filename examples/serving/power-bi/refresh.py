"""Refresh a Power BI model after the pipeline, and wait for the outcome."""

# --8<-- [start:refresh]
import json
import time
from collections.abc import Callable
from typing import Any

import requests

ROOT = "https://api.powerbi.com/v1.0/myorg"
TIMEOUT_S = (5.0, 30.0)
DONE = {"Completed", "Failed", "Disabled", "Cancelled"}


class RefreshFailed(Exception):
    """The model was not refreshed; says why, and what to do."""


class Model:
    """One semantic model of one workspace.

    Args:
        session: closed by the caller.
        token: gives a token of the service principal; it lasts an hour.
        path: ``groups/<workspace id>/datasets/<model id>``.
    """

    def __init__(
        self,
        session: requests.Session,
        token: Callable[[], str],
        path: str,
        root: str = ROOT,
    ) -> None:
        self._session, self._token = session, token
        self._url = f"{root}/{path}/refreshes"

    def start(self) -> str:
        """Ask for a refresh and return its id.

        Raises:
            RefreshFailed: if Power BI refuses: too many today, or one runs.
        """
        body = {"notifyOption": "NoNotification"}
        reply = self._send("POST", json=body)
        if reply.status_code == requests.codes.too_many_requests:
            after = reply.headers.get("Retry-After", "?")
            raise RefreshFailed(f"too many refreshes: wait {after} s")
        if reply.status_code != requests.codes.accepted:
            raise RefreshFailed(f"refused: {reply.status_code} {reply.text}")
        return reply.headers["x-ms-request-id"]

    def outcome(self, request_id: str) -> dict[str, Any] | None:
        """Return a refresh of the history once it has ended.

        Raises:
            requests.RequestException: if Power BI does not answer.
        """
        reply = self._send("GET", params={"$top": 20})
        reply.raise_for_status()
        for entry in reply.json()["value"]:
            if entry["requestId"] == request_id and entry["status"] in DONE:
                return dict(entry)
        return None

    def _send(self, method: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token()}"}
        return self._session.request(
            method, self._url, headers=headers, timeout=TIMEOUT_S, **options
        )


def refresh(
    model: Model,
    longest_s: float = 3600,
    poll_s: float = 30,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Refresh a model, and return when its readers see the new rows.

    Raises:
        RefreshFailed: if it was refused, failed, or did not end in time.
    """
    request_id = model.start()
    for _ in range(max(1, round(longest_s / poll_s))):
        sleep(poll_s)
        entry = model.outcome(request_id)
        if entry is None:
            continue
        if entry["status"] != "Completed":
            why = json.loads(entry.get("serviceExceptionJson") or "{}")
            code = why.get("errorCode", entry["status"])
            raise RefreshFailed(f"refresh {request_id}: {code}")
        return
    raise RefreshFailed(f"refresh {request_id} runs longer than {longest_s} s")


# --8<-- [end:refresh]
