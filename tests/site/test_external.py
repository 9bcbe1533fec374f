"""External links: asked of servers on this machine that answer as the world does."""

import datetime as dt
import http.server
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from guidance.site import reports
from guidance.site.external import Answer, Asker, Verdict, report, user_agent
from guidance.site.values import LocalValue


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Answers as its path says, and notes how it was asked."""

    asked: list[tuple[str, str, str]]
    at_once: Counter[str]
    most_at_once: int
    lock: threading.Lock
    the_end: threading.Event
    other: str

    def do_HEAD(self) -> None:
        """Answer as the path says."""
        with self.lock:
            self.asked.append((self.command, self.path, self.headers["User-Agent"]))
            self.at_once["now"] += 1
            type(self).most_at_once = max(self.most_at_once, self.at_once["now"])
        try:
            self._answer(self.path.strip("/"))
        finally:
            with self.lock:
                self.at_once["now"] -= 1

    do_GET = do_HEAD

    def _answer(self, name: str) -> None:
        first = sum(path == self.path for _, path, _ in self.asked) == 1
        if name == "silent":
            self.the_end.wait()
        elif name == "no-head" and self.command == "HEAD":
            self._send(405)
        elif name == "recovers" and first:
            self._send(429, "Retry-After", "0")
        elif name == "patience":
            self._send(503, "Retry-After", "86400")
        elif name in {"moved", "found", "loop"}:
            target = {"loop": "/loop"}.get(name, "/ok")
            self._send(301 if name == "moved" else 302, "Location", target)
        elif name.startswith("across"):
            self._send(302, "Location", f"{self.other}slow")
        elif name.startswith("slow"):
            time.sleep(0.02)  # long enough for a second request to be seen beside it
            self._send(200)
        else:
            self._send(int(name) if name.isdecimal() else 200)

    def _send(self, status: int, *header: str) -> None:
        self.send_response(status)
        if header:
            self.send_header(*header)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Host:
    """A running server: its address and its notes."""

    def __init__(self, other: str = "") -> None:
        notes = {
            "asked": [],
            "at_once": Counter(),
            "most_at_once": 0,
            "lock": threading.Lock(),
            "the_end": threading.Event(),
            "other": other,
        }
        self.notes: type[Elsewhere] = type("Notes", (Elsewhere,), notes)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.notes)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    def close(self) -> None:
        """End the server and the answers that it still owes."""
        self.notes.the_end.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def host() -> Iterator[Host]:
    """A host elsewhere."""
    one = Host()
    yield one
    one.close()


@pytest.fixture
def asker() -> Asker:
    """One that does not wait."""
    return Asker("test", timeout_s=5, pause_s=0, longest_wait_s=0.01)


@pytest.mark.parametrize(
    ("path", "verdict", "says"),
    [
        ("ok", Verdict.FINE, ""),
        ("no-head", Verdict.FINE, ""),
        ("found", Verdict.FINE, ""),
        ("recovers", Verdict.FINE, ""),
        ("moved", Verdict.MOVED, "moved to <{url}ok>: write that"),
        ("403", Verdict.UNSURE, "403 Forbidden: it may refuse machines only"),
        ("429", Verdict.UNSURE, "429 Too Many Requests: it may refuse machines only"),
        ("404", Verdict.DEAD, "404 Not Found: mend the link or drop it"),
        ("410", Verdict.DEAD, "410 Gone: mend the link or drop it"),
        ("patience", Verdict.DEAD, "503 Service Unavailable: mend the link or drop it"),
        ("599", Verdict.DEAD, "599: mend the link or drop it"),
        ("loop", Verdict.DEAD, "more than 5 redirects: mend the link"),
    ],
)
def test_an_answer_is_judged(
    host: Host, asker: Asker, path: str, verdict: Verdict, says: str
) -> None:
    answer = asker.ask(host.url + path)

    assert answer.verdict == verdict
    assert answer.what.startswith(says.format(url=host.url))
    assert bool(answer.what) == (verdict is not Verdict.FINE)


def test_silence_is_dead_after_one_retry(host: Host) -> None:
    asker = Asker("test", timeout_s=0.2, pause_s=0)

    answer = asker.ask(f"{host.url}silent")

    assert answer.verdict is Verdict.DEAD
    assert answer.what == "no answer within 0.2 s: mend the link or drop it"
    assert len(host.notes.asked) == 2


def test_a_closed_door_is_dead(asker: Asker) -> None:
    with socket.socket() as bound:  # bound, so that nobody else takes it; not listening
        bound.bind(("127.0.0.1", 0))
        answer = asker.ask(f"http://127.0.0.1:{bound.getsockname()[1]}/")

    assert (answer.verdict, answer.what) == (
        Verdict.DEAD,
        "no connection: mend the link or drop it",
    )


def test_what_is_no_address_is_dead(asker: Asker) -> None:
    answer = asker.ask("https://")

    assert answer.verdict is Verdict.DEAD
    assert answer.what.startswith("no request is possible")


def test_each_address_is_asked_for_once_and_says_who_asks(host: Host, asker: Asker) -> None:
    asker.agent = user_agent(LocalValue("k", "w", "a", "data@example.org"))

    answers = asker.ask_all([f"{host.url}ok", f"{host.url}404", f"{host.url}ok"])

    assert [answer.url for answer in answers] == [f"{host.url}ok", f"{host.url}404"]
    asked = sorted((method, path) for method, path, _ in host.notes.asked)
    assert asked == [("GET", "/404"), ("HEAD", "/404"), ("HEAD", "/ok")]
    assert {agent for *_, agent in host.notes.asked} == {
        "data-engineering-guidance link check (data@example.org)"
    }


def test_a_host_gets_one_request_at_a_time_even_by_redirect(host: Host, asker: Asker) -> None:
    others = [Host(other=host.url) for _ in range(3)]
    urls = [f"{other.url}across{n}" for other in others for n in range(3)]
    try:
        answers = asker.ask_all([*urls, *(f"{host.url}slow{n}" for n in range(3))])
    finally:
        for other in others:
            other.close()

    assert {answer.verdict for answer in answers} == {Verdict.FINE}
    assert len(host.notes.asked) == 12
    assert host.notes.most_at_once == 1


@pytest.mark.parametrize("value", [None, "a\r\nX-Evil: 1 – é"])
def test_a_user_agent_fits_into_a_header(value: str | None) -> None:
    agent = user_agent(LocalValue("k", "w", "a", value))

    assert agent.startswith("data-engineering-guidance link check")
    assert agent.encode("latin-1").isascii() or "é" in agent
    assert not {"\r", "\n"} & set(agent)


def test_the_report_is_sorted_by_page() -> None:
    answers = [
        Answer("https://a.example/", Verdict.MOVED, "moved to <https://b.example/>"),
        Answer("https://c.example/", Verdict.DEAD, "404 Not Found"),
        Answer("https://d.example/", Verdict.FINE),
    ]
    pages = {
        "https://a.example/": ["b/", "a/"],
        "https://c.example/": ["b/"],
        "https://d.example/": ["c/"],
    }

    assert report(answers, pages, dt.date(2026, 11, 23)) == (
        "# External links\n\n"
        "On 23 November 2026 we asked for 3 addresses: 1 dead, 0 unsure, 1 moved, 1 fine.\n\n"
        "## a/\n\n"
        "- **moved** <https://a.example/>: moved to <https://b.example/>\n\n"
        "## b/\n\n"
        "- **dead** <https://c.example/>: 404 Not Found\n"
        "- **moved** <https://a.example/>: moved to <https://b.example/>\n"
    )


def test_the_command_asks_for_what_the_site_links_to(
    host: Host,
    asker: Asker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(reports.REPO_URL, f"{host.url}repository")
    links = "".join(
        f'<a href="{host.url}{path}">x</a>' for path in ("ok#part", "ok", "repository/blob/x")
    )
    (tmp_path / "index.html").write_text(links, "utf-8")

    assert reports.external_links(tmp_path, asker, dt.date(2026, 11, 23)) == 0
    assert [path for _, path, _ in host.notes.asked] == ["/ok"]
    (tmp_path / "a.html").write_text(f'<a href="{host.url}410">x</a>', "utf-8")
    assert reports.external_links(tmp_path, asker, dt.date(2026, 11, 23)) == 1
    assert f"## a.html\n\n- **dead** <{host.url}410>: 410 Gone" in capsys.readouterr().out
