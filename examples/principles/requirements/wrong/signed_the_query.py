"""Keeps the text of the query that somebody approved."""

import hashlib


def sign(query: str) -> str:
    """Note that a person approved this query."""
    return hashlib.sha256(query.encode()).hexdigest()


def still_holds(signature: str, query: str) -> bool:
    """Whether the query is the one that was signed."""
    return signature == sign(query)
