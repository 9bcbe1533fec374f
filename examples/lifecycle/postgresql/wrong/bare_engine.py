"""Trusts the defaults: waits for ever, and does not notice a restart."""

from sqlalchemy import Engine, create_engine


def connect(url: str, application_name: str) -> Engine:
    """Return a pool of connections that nothing guards and nobody named."""
    return create_engine(url)
