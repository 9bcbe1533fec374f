"""Load rows by COPY: all of them or none, and each once."""

# --8<-- [start:load]
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg

STAGE = """
    CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
    SELECT reference, ward_code, reported_at, damage_gbp, description
    FROM raw.flood_reports WITH NO DATA
"""
MERGE = """
    INSERT INTO raw.flood_reports AS kept
        (reference, ward_code, reported_at, damage_gbp, description)
    SELECT * FROM incoming
    ON CONFLICT (reference) DO UPDATE SET
        ward_code = excluded.ward_code,
        reported_at = excluded.reported_at,
        damage_gbp = excluded.damage_gbp,
        description = excluded.description
    WHERE (kept.ward_code, kept.reported_at,
           kept.damage_gbp, kept.description)
        IS DISTINCT FROM
          (excluded.ward_code, excluded.reported_at,
           excluded.damage_gbp, excluded.description)
"""


@dataclass(frozen=True)
class Report:
    """A flood report; ``reported_at`` is aware, money is in pounds."""

    reference: str
    ward_code: str
    reported_at: datetime
    damage_gbp: Decimal | None
    description: str


def load(
    connection: psycopg.Connection[Any], reports: Iterable[Report]
) -> int:
    """Load reports and return how many were new or had changed.

    Raises:
        psycopg.Error: nothing was loaded.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy("COPY incoming FROM STDIN") as copy:
            for report in reports:
                copy.write_row(astuple(report))
        cursor.execute(MERGE)
        return cursor.rowcount


# --8<-- [end:load]
