"""Wrong: looks for the person's own spelling, and where names are plain."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql


def find_person(
    connection: psycopg.Connection[Any],
    places: list[Any],
    person: Mapping[str, str],
    keys: Mapping[str, Any],
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for place in places:
        query = sql.SQL(
            "SELECT to_jsonb(t) FROM {} AS t WHERE {} = %s"
        ).format(
            sql.Identifier(place.schema, place.table),
            sql.Identifier(place.column),
        )
        rows = connection.execute(query, (person.get(place.kind),)).fetchall()
        if rows:
            found[f"{place.schema}.{place.table}"] = [row for (row,) in rows]
    return found
