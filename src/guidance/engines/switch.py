"""A dead man's switch on 127.0.0.1, which notes who called and when."""

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

POLL_S = 0.02


class Switch:
    """Answers every GET, and remembers it.

    Attributes:
        url: what to call; any path below it will do.
        now: what its clock shows, with a zone; None for the real time.
        called: when each call came, by that clock.
        paths: what each asked for.
    """

    def __init__(self) -> None:
        self.now: datetime | None = None
        self.called: list[datetime] = []
        self.paths: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.paths.append(self.path)
                outer.called.append(outer.now or datetime.now(UTC))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(POLL_S,))

    @property
    def calls(self) -> int:
        """How many calls came."""
        return len(self.called)

    def forget(self) -> None:
        """Forget all calls."""
        self.called.clear()
        self.paths.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
