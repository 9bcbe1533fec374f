"""Wrong: without a name the cursor fetches all before the first row."""

import csv
import io
from typing import Any, BinaryIO

import psycopg
from psycopg import sql


def copy_out(
    connection: psycopg.Connection[Any], query: sql.Composed, out: BinaryIO
) -> None:
    text = io.TextIOWrapper(out, "utf-8", newline="")
    writer = csv.writer(text)
    for row in connection.execute(query):
        writer.writerow(row)
    text.detach()
