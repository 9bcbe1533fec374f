"""A client for a source that wants a key."""

# --8<-- [start:keyed]
from collections.abc import Mapping

from river_levels.http import PoliteClient, RateLimiter


class KeyedClient(PoliteClient):
    """A polite client that sends headers, such as a key, to its source only.

    Args:
        headers: such as ``{"X-Api-Key": key}``. The key comes from Secrets
            Manager at run time; it is in no file, address, log or manifest.
    """

    def __init__(
        self,
        root: str,
        user_agent: str,
        limiter: RateLimiter,
        headers: Mapping[str, str],
        budget_s: float = 300.0,
    ) -> None:
        super().__init__(root, user_agent, limiter, budget_s)
        self._session.headers.update(headers)
        # On the way to another host, requests removes Authorization only.
        self._session.max_redirects = 0


# --8<-- [end:keyed]
