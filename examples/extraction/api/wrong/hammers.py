"""Asks for the next item, and the next, although the source is down."""

import logging
from collections.abc import Iterable

from river_levels.http import PoliteClient, Reply, RequestFailed

log = logging.getLogger(__name__)


def get_each(client: PoliteClient, paths: Iterable[str]) -> dict[str, Reply]:
    """Get what can be got, with all retries for each that cannot."""
    replies = {}
    for path in paths:
        try:
            replies[path] = client.get(path, {})
        except RequestFailed as error:
            log.warning("item.failed", extra={"reason": str(error)})
    return replies
