"""What PostgreSQL refuses or tells apart, and what must come of it."""

# --8<-- [start:refusals]
from collections.abc import Mapping

import psycopg

SETUP = """
CREATE TABLE stations (id varchar(6) PRIMARY KEY);
CREATE TABLE levels (
    station_id varchar(6) REFERENCES stations,
    observed_at timestamp with time zone,
    value double precision,
    PRIMARY KEY (station_id, observed_at)
);
INSERT INTO stations VALUES ('3390TH');
INSERT INTO levels VALUES ('3390TH', '2026-03-29T00:30:00+00:00', 0.4);
"""
INSERT = "INSERT INTO levels VALUES "
MUST_FAIL = {
    "a text is a level": INSERT + "('3390TH', '2026-03-29Z', 'n/a')",
    "30 February is a day": INSERT + "('3390TH', '2026-02-30Z', 0.4)",
    "7 characters fit in 6": "INSERT INTO stations VALUES ('3390TH2')",
    "a gauge may be missing": INSERT + "('9999TH', '2026-03-30Z', 0.4)",
    # The moment that is there, in summer time: the same key.
    "00:30Z is not 01:30+01": INSERT
    + "('3390TH', '2026-03-29T01:30:00+01:00', 0.5)",
    "one upsert may bring a key twice": INSERT
    + "('3390TH', '2026-03-31Z', 0.4), ('3390TH', '2026-03-31Z', 0.5)"
    " ON CONFLICT (station_id, observed_at)"
    " DO UPDATE SET value = excluded.value",
}


def accepted(
    database_url: str, must_fail: Mapping[str, str] = MUST_FAIL
) -> list[str]:
    """Return what a database takes although it must not."""
    found = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(SETUP)
        for lie, statement in must_fail.items():
            try:
                connection.execute(statement.encode())
            except psycopg.Error:
                continue
            found.append(lie)
    return found


# --8<-- [end:refusals]
