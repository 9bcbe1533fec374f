"""Run the SQL that a document shows, and change nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>.+?) -->\n)?^```sql\n(?P<sql>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of SQL: the line that it begins on, and why it is not run."""

    line: int
    sql: str
    reason: str | None


def blocks(markdown: str) -> Iterator[Block]:
    """Yield the blocks of SQL in a document."""
    for match in BLOCK.finditer(markdown):
        line = markdown.count("\n", 0, match.start("sql")) + 1
        yield Block(line, match["sql"], match["reason"])


def faults(url: str, markdown: str) -> Iterator[str]:
    """Run every block that is not marked, and yield what fails.

    Args:
        url: of a PostgreSQL that has the tables. Read-only, 10 s a block.
    """
    with psycopg.connect(url, connect_timeout=5) as connection:
        connection.read_only = True
        connection.execute("SET statement_timeout = '10s'")
        connection.commit()
        for block in blocks(markdown):
            if block.reason:
                continue
            try:
                connection.execute(block.sql.encode())
            except psycopg.Error as error:
                first = str(error).partition("\n")[0]
                yield f"line {block.line}: {first}"
            connection.rollback()


def summary(markdown: str) -> str:
    """Count the blocks, for the top of the document or the log of CI."""
    found = list(blocks(markdown))
    left = [block for block in found if block.reason]
    return f"{len(found) - len(left)} run, {len(left)} not run"
