"""Page by the source's own pointer: a cursor, or a link to the next page."""

# --8<-- [start:paging]
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode, urljoin

from river_levels.http import PoliteClient, Reply, RequestFailed

MAX_PAGES = 10_000

type NextOf = Callable[[Reply], str | None]


def pages(
    client: PoliteClient, first: str, next_of: NextOf
) -> Iterator[Reply]:
    """Yield every page of a list, each once.

    Args:
        first: path and query of the first page.
        next_of: path and query of the page after a reply; None at the end.

    Raises:
        RequestFailed: if the source fails, or leads us round in circles.
    """
    seen, before, address = {first}, b"", first
    for _ in range(MAX_PAGES):
        reply = client.get(address, {})
        if reply.body == before:
            raise RequestFailed(f"{reply.url}: the same page came twice")
        yield reply
        following = next_of(reply)
        if following is None:
            return
        if following in seen:
            raise RequestFailed(f"{reply.url}: the next page was read before")
        seen.add(following)
        before, address = reply.body, following
    raise RequestFailed(f"{first}: over {MAX_PAGES:,} pages, and no end")


def by_cursor(
    path: str, params: Mapping[str, str], field: str, name: str
) -> NextOf:
    """Follow the cursor in ``field`` by sending it as parameter ``name``."""

    def next_of(reply: Reply) -> str | None:
        if (cursor := _pointer(reply, field)) is None:
            return None
        return f"{path}?{urlencode({**params, name: cursor})}"

    return next_of


def by_link(root: str, field: str) -> NextOf:
    """Follow the link in ``field``, absolute or relative, below ``root``."""

    def next_of(reply: Reply) -> str | None:
        if (link := _pointer(reply, field)) is None:
            return None
        url = urljoin(reply.url, link)
        if not url.startswith(f"{root}/"):
            raise RequestFailed(f"{reply.url}: the next page is elsewhere")
        return url.removeprefix(root)

    return next_of


def _pointer(reply: Reply, field: str) -> str | None:
    if not isinstance(reply.document, dict):
        raise RequestFailed(f"{reply.url}: the reply is no object")
    value = reply.document.get(field)
    if not isinstance(value, str | int | None):
        raise RequestFailed(f"{reply.url}: {field} is no pointer")
    return None if value in {None, ""} else str(value)


# --8<-- [end:paging]
