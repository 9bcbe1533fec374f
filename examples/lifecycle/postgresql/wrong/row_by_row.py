"""Inserts and commits row by row: an error leaves the rows before it."""

from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

import psycopg

INSERT = """
    INSERT INTO raw.flood_reports
        (reference, ward_code, reported_at, damage_gbp, description)
    VALUES (%s, %s, %s, %s, %s)
"""


def load(connection: psycopg.Connection[Any], reports: Iterable[Any]) -> None:
    """Load reports, or some of them."""
    for report in reports:
        connection.execute(INSERT, astuple(report))
        connection.commit()
