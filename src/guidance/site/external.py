"""External links: ask each address once, politely, and report what is dead.

Only a scheduled run does this: what other hosts answer says nothing about a change.
Fragments are not looked for, since many pages write their headings by script.
"""

import datetime as dt
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import requests

from guidance.site.values import LocalValue

PERMANENT = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT}
REDIRECTS = PERMANENT | {HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.TEMPORARY_REDIRECT}
REFUSALS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
MOST_HOPS = 5
MOST_HOSTS = 8
CONTACT = "data-team-contact"


class Verdict(StrEnum):
    """What became of an address, worst first."""

    DEAD = "dead"
    UNSURE = "unsure"
    MOVED = "moved"
    FINE = "fine"


@dataclass(frozen=True)
class Answer:
    """What came of asking for an address.

    Attributes:
        what: what is wrong, and what to do about it; "" if nothing is.
        again_in_s: after how long asking again may help; None if it will not.
    """

    url: str
    verdict: Verdict
    what: str = ""
    again_in_s: float | None = None


@dataclass(frozen=True)
class Reply:
    """The head of a reply.

    Attributes:
        status: of HTTP. location: where it sends us.
        retry_after_s: how long the host asks us to wait; 0 if it does not say.
    """

    status: int
    location: str = ""
    retry_after_s: float = 0.0


class NoReplyError(Exception):
    """A host did not answer; says how."""


def user_agent(contact: LocalValue | None) -> str:
    """Say who asks, and whom to tell if that is a nuisance."""
    whom = contact.value if contact else None
    name = f"data-engineering-guidance link check{f' ({whom})' if whom else ''}"
    return " ".join(name.split()).encode("latin-1", "replace").decode("latin-1")


@dataclass
class Asker:
    """Asks for addresses: one request per host at a time, and one retry.

    Attributes:
        agent: the ``User-Agent``.
        timeout_s: for a connection, and for the head of a reply.
        pause_s: between two requests to a host.
        longest_wait_s: before the retry, whatever ``Retry-After`` says.
    """

    agent: str
    timeout_s: float = 20.0
    pause_s: float = 1.0
    longest_wait_s: float = 60.0
    _turns: dict[str, threading.Lock] = field(default_factory=dict)

    def ask_all(self, urls: Iterable[str]) -> list[Answer]:
        """Ask for each address once, in the order given."""
        wanted = list(dict.fromkeys(urls))
        by_host: dict[str, list[str]] = defaultdict(list)
        for url in wanted:
            by_host[urlsplit(url).netloc].append(url)
        with ThreadPoolExecutor(MOST_HOSTS) as pool:
            groups = pool.map(lambda group: [self.ask(url) for url in group], by_host.values())
            answers = {answer.url: answer for group in groups for answer in group}
        return [answers[url] for url in wanted]

    def ask(self, url: str) -> Answer:
        """Ask for one address, and once more if the trouble may pass."""
        answer = self._follow(url)
        if answer.again_in_s is None:
            return answer
        time.sleep(min(answer.again_in_s, self.longest_wait_s))
        return self._follow(url)

    def _follow(self, url: str) -> Answer:
        """Go where redirects lead, and judge what is there."""
        here, has_moved = url, False
        for _ in range(MOST_HOPS + 1):
            try:
                reply = self._head_or_get(here)
            except NoReplyError as error:
                what = f"{error}: mend the link or drop it"
                return Answer(url, Verdict.DEAD, what, again_in_s=self.pause_s)
            if reply.status not in REDIRECTS or not reply.location:
                return _judge(url, here, reply, has_moved)
            has_moved |= reply.status in PERMANENT
            here = urljoin(here, reply.location)
        return Answer(url, Verdict.DEAD, f"more than {MOST_HOPS} redirects: mend the link")

    def _head_or_get(self, url: str) -> Reply:
        """Ask for the head; for the whole if the host does not like that."""
        reply = self._request("HEAD", url)
        is_enough = reply.status < HTTPStatus.BAD_REQUEST
        if is_enough or reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            return reply
        return self._request("GET", url)

    def _request(self, method: str, url: str) -> Reply:
        with self._turns.setdefault(urlsplit(url).netloc, threading.Lock()):
            try:
                with requests.request(
                    method,
                    url,
                    headers={"User-Agent": self.agent},
                    timeout=self.timeout_s,
                    allow_redirects=False,
                    stream=True,  # the head is enough
                ) as reply:
                    after = reply.headers.get("Retry-After", "")
                    wait_s = float(after) if after.isdecimal() else 0.0
                    return Reply(reply.status_code, reply.headers.get("Location", ""), wait_s)
            except requests.Timeout as error:
                raise NoReplyError(f"no answer within {self.timeout_s:g} s") from error
            except requests.exceptions.SSLError as error:
                raise NoReplyError("its certificate is not accepted") from error
            except requests.ConnectionError as error:
                raise NoReplyError("no connection") from error
            except requests.RequestException as error:
                raise NoReplyError(f"no request is possible ({error})") from error
            finally:
                time.sleep(self.pause_s)


def _judge(url: str, here: str, reply: Reply, has_moved: bool) -> Answer:
    """Say what the last reply means."""
    status = reply.status
    if status < HTTPStatus.BAD_REQUEST:
        if has_moved:
            return Answer(url, Verdict.MOVED, f"moved to <{here}>: write that")
        return Answer(url, Verdict.FINE)
    name = f"{status} {_phrase(status)}".strip()
    may_pass = (
        status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
    again_in_s = reply.retry_after_s if may_pass else None
    if status in REFUSALS:
        what = f"{name}: it may refuse machines only, so open it in a browser"
        return Answer(url, Verdict.UNSURE, what, again_in_s)
    return Answer(url, Verdict.DEAD, f"{name}: mend the link or drop it", again_in_s)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def report(answers: Iterable[Answer], pages: Mapping[str, list[str]], on: dt.date) -> str:
    """Return the report in Markdown: what is wrong, page by page.

    Args:
        pages: by address, the pages that link to it.
    """
    found = list(answers)
    counts = Counter(answer.verdict for answer in found)
    numbers = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
    lines = [
        "# External links",
        "",
        f"On {on.day} {on:%B %Y} we asked for {len(found)} addresses: {numbers}.",
    ]
    by_page: dict[str, list[Answer]] = defaultdict(list)
    for answer in found:
        if answer.verdict is not Verdict.FINE:
            for page in pages[answer.url]:
                by_page[page].append(answer)
    order = list(Verdict)
    for page, wrong in sorted(by_page.items()):
        lines += ["", f"## {page}", ""]
        wrong.sort(key=lambda answer: (order.index(answer.verdict), answer.url))
        lines += [f"- **{one.verdict}** <{one.url}>: {one.what}" for one in wrong]
    return "\n".join(lines) + "\n"
