"""The source, replayed: recorded replies on a port of this machine."""

# --8<-- [start:serve]
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPLIES = Path(__file__).with_name("replies")
FILES = {
    "/id/stations": "stations.json",
    "/id/stations/G1TH/readings": "readings.json",
}


class Recorded(BaseHTTPRequestHandler):
    """Answers with what was recorded; with an empty list otherwise."""

    def do_GET(self) -> None:
        """Answer one request; its query is left to the pipeline."""
        name = FILES.get(self.path.partition("?")[0])
        body = (REPLIES / name).read_bytes() if name else b'{"items": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the tests print enough."""


@contextmanager
def recorded_api() -> Iterator[str]:
    """Serve the replies; yield the root to give the pipeline."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorded) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# --8<-- [end:serve]
