"""What the connection's helpers refuse."""

import pytest
from sqlalchemy import create_engine

from river_levels.database import psycopg_of


def test_copy_needs_psycopg() -> None:
    engine = create_engine("sqlite://")

    with engine.connect() as connection:
        with pytest.raises(TypeError, match="does not use psycopg 3"):
            psycopg_of(connection)
    engine.dispose()
