"""Food hygiene ratings: a version header, numbered pages, a stated total."""

# --8<-- [start:fsa]
from typing import Any

from river_levels.http import PoliteClient, Reply, RequestFailed

HEADERS = {"x-api-version": "2"}  # for KeyedClient; without it: no data
PAGE_SIZE = 1_000
MAX_PAGES = 1_000


def authority_id(client: PoliteClient, code: str) -> int:
    """Return the ``LocalAuthorityId`` of a ``LocalAuthorityIdCode``.

    Codes are text: some begin with a zero. They are not the ids.

    Raises:
        RequestFailed: if the source fails or does not know the code.
    """
    reply = client.get("/Authorities", {})
    for authority in _part(reply, reply.document, "authorities"):
        if _part(reply, authority, "LocalAuthorityIdCode") == code:
            return int(_part(reply, authority, "LocalAuthorityId"))
    raise RequestFailed(f"{reply.url}: no authority has the code {code!r}")


def establishments(client: PoliteClient, authority: int) -> list[Any]:
    """Return every establishment of an authority, each once.

    Raises:
        RequestFailed: if the source fails, or sends more or fewer than it
            states.
    """
    found: dict[int, Any] = {}
    for number in range(1, MAX_PAGES + 1):
        reply = client.get(
            "/Establishments",
            {
                "localAuthorityId": str(authority),
                "pageNumber": str(number),
                "pageSize": str(PAGE_SIZE),
            },
        )
        meta = _part(reply, reply.document, "meta")
        if (code := _part(reply, meta, "returncode")) != "OK":
            raise RequestFailed(f"{reply.url}: return code {code}")
        total = int(_part(reply, meta, "totalCount"))
        items = _part(reply, reply.document, "establishments")
        found |= {_part(reply, item, "FHRSID"): item for item in items}
        if not items or len(found) >= total:
            break
    if len(found) != total:
        raise RequestFailed(f"{reply.url}: {len(found)} came of {total}")
    return list(found.values())


def _part(reply: Reply, value: Any, name: str) -> Any:
    """Return a member of an object of the reply, which must have it."""
    if not isinstance(value, dict) or name not in value:
        raise RequestFailed(f"{reply.url}: the reply has no {name}")
    return value[name]


# --8<-- [end:fsa]
