"""What two releases do with one table."""

# --8<-- [start:releases]
from typing import Any

import psycopg


class Release1:
    """Knows the column ``river``."""

    def write(
        self, connection: psycopg.Connection[Any], station: str, river: str
    ) -> None:
        """Store a station."""
        insert = "INSERT INTO stations (station_id, river) VALUES (%s, %s)"
        connection.execute(insert, [station, river])

    def read(self, connection: psycopg.Connection[Any]) -> dict[str, str]:
        """Return the river of each station."""
        found = connection.execute("SELECT station_id, river FROM stations")
        return dict(found.fetchall())


class Release2:
    """Knows the column ``river_name``."""

    def write(
        self, connection: psycopg.Connection[Any], station: str, river: str
    ) -> None:
        """Store a station."""
        insert = (
            "INSERT INTO stations (station_id, river_name) VALUES (%s, %s)"
        )
        connection.execute(insert, [station, river])

    def read(self, connection: psycopg.Connection[Any]) -> dict[str, str]:
        """Return the river of each station."""
        query = "SELECT station_id, river_name FROM stations"
        return dict(connection.execute(query).fetchall())


# --8<-- [end:releases]
