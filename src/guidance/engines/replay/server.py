"""The replay server: the flood-monitoring API on 127.0.0.1, and its bad days.

It can be told to misbehave, from Python (:meth:`ReplayServer.misbehave`) or, in a
running server, with a request::

    curl -X POST "$RIVER_LEVELS_API_URL/_control" -d '{"fault": "html", "times": 2}'
"""

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from guidance.engines.replay.api import PREFIX, FloodMonitoringApi, Reply, html
from guidance.engines.replay.world import DEFAULT_NOW, World

KEPT_REQUESTS = 100_000
DRIP_S = 0.2


class Fault(StrEnum):
    """A way in which the server can misbehave."""

    RATE_LIMIT_SECONDS = "rate_limit_seconds"
    RATE_LIMIT_DATE = "rate_limit_date"
    UNAVAILABLE = "unavailable"
    SERVER_ERROR = "server_error"
    SLOW_DRIP = "slow_drip"
    HANG = "hang"
    CUT_CONNECTION = "cut_connection"
    TRUNCATED_JSON = "truncated_json"
    HTML = "html"
    EMPTY = "empty"
    REPEATED_PAGE = "repeated_page"
    SHRINKING_PAGES = "shrinking_pages"


@dataclass
class _Order:
    fault: Fault
    times: int | None
    path: str
    retry_after_s: int


@dataclass(frozen=True)
class Request:
    """A request that arrived; ``at`` is seconds of the monotonic clock."""

    at: float
    path: str
    query: str
    headers: dict[str, str]


class ReplayServer:
    """The flood-monitoring API over a synthetic world, on a port of 127.0.0.1.

    Args:
        world: stations and readings; the default world if none is given.
        now: the moment at which the source stands (UTC). Move it to let time pass.
        port: 0 for any free port.
    """

    def __init__(
        self, world: World | None = None, now: datetime = DEFAULT_NOW, port: int = 0
    ) -> None:
        self.api = FloodMonitoringApi(world or World(), now)
        self.requests: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self._orders: list[_Order] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._http = _HttpServer(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        """Root of the API, for ``RIVER_LEVELS_API_URL``."""
        return f"http://127.0.0.1:{self._http.server_address[1]}{PREFIX}"

    @property
    def world(self) -> World:
        """The stations and readings behind the API."""
        return self.api.world

    @property
    def now(self) -> datetime:
        """The moment at which the source stands (UTC)."""
        return self.api.now

    @now.setter
    def now(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError(f"now must carry a zone: {moment}")
        self.api.now = moment.astimezone(UTC)

    def misbehave(
        self,
        fault: Fault,
        *,
        times: int | None = 1,
        path: str = "",
        retry_after_s: int = 1,
    ) -> None:
        """Answer the next ``times`` requests whose path contains ``path`` badly.

        Args:
            fault: what to do. times: how often; None means until :meth:`behave`.
            path: part of the request's path; empty fits every request.
            retry_after_s: what a 429 or 503 asks for, in seconds.
        """
        with self._lock:
            self._orders.append(_Order(Fault(fault), times, path, retry_after_s))

    def behave(self) -> None:
        """Forget every fault that is still to come."""
        with self._lock:
            self._orders.clear()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def control(self, order: dict[str, Any]) -> None:
        """Carry out an order that came as JSON.

        Raises:
            ValueError: if it is none of ``fault``, ``now`` and ``behave``.
        """
        if "now" in order:
            self.now = datetime.fromisoformat(order.pop("now"))
        elif "fault" in order:
            self.misbehave(Fault(order.pop("fault")), **order)
        elif "behave" in order:
            self.behave()
        else:
            raise ValueError("say fault, now or behave")

    def _next_order(self, path: str) -> _Order | None:
        with self._lock:
            for order in self._orders:
                if order.path in path:
                    if order.times is not None:
                        order.times -= 1
                        if order.times <= 0:
                            self._orders.remove(order)
                    return replace(order)
        return None


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up: they are meant to lose patience."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(server: ReplayServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one write for head and body: two would wait for each other
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            server.requests.append(
                Request(time.monotonic(), parts.path, parts.query, dict(self.headers))
            )
            order = server._next_order(parts.path)
            accept = self.headers.get("Accept", "")
            if order is None:
                self._send(server.api.answer(parts.path, parts.query, accept))
                return
            query = parts.query
            if order.fault is Fault.REPEATED_PAGE:
                query = _without_offset(query)
            reply = server.api.answer(parts.path, query, accept)
            self._misbehave(order, reply)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if not self.path.endswith("/_control"):
                self._send(html(404, "no such page"))
                return
            try:
                server.control(json.loads(body))
            except (ValueError, TypeError, AttributeError) as error:
                self._send(html(400, f"cannot do that: {error}"))
                return
            self._send(Reply(200, "application/json", b"{}"))

        def _send(self, reply: Reply, headers: dict[str, str] | None = None) -> None:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def _misbehave(self, order: _Order, reply: Reply) -> None:
            half = len(reply.body) // 2
            match order.fault:
                case Fault.RATE_LIMIT_SECONDS:
                    after = {"Retry-After": str(order.retry_after_s)}
                    self._send(html(429, "too many requests"), after)
                case Fault.RATE_LIMIT_DATE:
                    moment = datetime.now(UTC) + timedelta(seconds=order.retry_after_s)
                    after = {"Retry-After": format_datetime(moment, usegmt=True)}
                    self._send(html(429, "too many requests"), after)
                case Fault.UNAVAILABLE:
                    self._send(html(503, "back soon"))
                case Fault.SERVER_ERROR:
                    self._send(html(500, "something went wrong"))
                case Fault.HTML:
                    self._send(replace(html(200, "sorry"), status=200))
                case Fault.TRUNCATED_JSON:
                    self._send(replace(reply, body=reply.body[:half]))
                case Fault.EMPTY:
                    self._send(_with_items(reply, lambda items: []))
                case Fault.SHRINKING_PAGES:
                    self._send(self._shrunk(reply))
                case Fault.CUT_CONNECTION:
                    self._begin(reply)
                    self.wfile.write(reply.body[:half])
                    self.close_connection = True
                case Fault.SLOW_DRIP:
                    self._begin(reply)
                    self._drip(reply.body)
                case Fault.HANG:
                    server._stopping.wait(60)
                    self.close_connection = True
                case Fault.REPEATED_PAGE:
                    self._send(reply)

        def _begin(self, reply: Reply) -> None:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()

        def _drip(self, body: bytes) -> None:
            for byte in body:
                try:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                except OSError:
                    return  # the client lost patience, as it should
                if server._stopping.wait(DRIP_S):
                    return

        def _shrunk(self, reply: Reply) -> Reply:
            """Answer as if three older items had gone since the first page."""
            query = parse_qs(urlsplit(self.path).query)
            offset = int(query.get("_offset", ["0"])[0])
            if offset == 0:
                return reply
            text = _without_offset(urlsplit(self.path).query) + f"&_offset={offset + 3}"
            return server.api.answer(urlsplit(self.path).path, text)

        def log_message(self, format: str, *args: Any) -> None:
            """Stay silent: the requests are kept in ``server.requests``."""

    return Handler


def _without_offset(query: str) -> str:
    kept = {k: v for k, v in parse_qs(query, keep_blank_values=True).items() if k != "_offset"}
    return urlencode(kept, doseq=True)


def _with_items(reply: Reply, change: Any) -> Reply:
    try:
        body = json.loads(reply.body)
    except ValueError:
        return reply
    body["items"] = change(body.get("items"))
    return replace(reply, body=json.dumps(body).encode())


@contextmanager
def flood_api(now: datetime = DEFAULT_NOW) -> Iterator[ReplayServer]:
    """Run a replay of the flood-monitoring API for the length of a block."""
    with ReplayServer(now=now) as server:
        yield server
