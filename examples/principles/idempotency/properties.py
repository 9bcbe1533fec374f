"""What must hold of every pipeline, ready for the tests of yours."""

# --8<-- [start:properties]
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from river_levels.windows import Window

type Step = Callable[[], object]

DIGEST = sql.SQL("""
    SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)
    FROM ({}) AS t
""")


class Fingerprint(NamedTuple):
    """How many rows there are, and a digest of them in any order."""

    rows: int
    digest: int

    def __str__(self) -> str:
        return f"{self.rows:,} rows ({self.digest % 65_536:04x})"


def fingerprint(
    connection: psycopg.Connection[Any], query: LiteralString
) -> Fingerprint:
    """Digest the rows of a query, duplicates included.

    Leave out what may differ from run to run: load times, generated ids.
    """
    statement = DIGEST.format(sql.SQL(query))
    [(rows, digest)] = connection.execute(statement).fetchall()
    return Fingerprint(int(rows), int(digest))


class NotIdempotent(AssertionError):
    """Two histories that must end alike do not."""


@dataclass(frozen=True)
class Subject:
    """A pipeline under test.

    Attributes:
        reset: makes it as new: empty tables, empty bucket.
        run: runs one window; two threads may call it at once.
        state: digests what readers see, by table.
    """

    reset: Step
    run: Callable[[Window], object]
    state: Callable[[], Mapping[str, Fingerprint]]

    def twice_is_once(self, window: Window) -> None:
        """Run a window again."""
        run = partial(self.run, window)
        self.end_alike([run], [run, run])

    def way_is_irrelevant(
        self, one: Sequence[Window], other: Sequence[Window]
    ) -> None:
        """Cover a span by other windows: in another order, overlapping."""
        self.end_alike(
            [partial(self.run, window) for window in one],
            [partial(self.run, window) for window in other],
        )

    def two_are_one(self, window: Window) -> None:
        """Run a window twice at the same time."""
        run = partial(self.run, window)

        def both() -> None:
            with ThreadPoolExecutor(2) as pool:
                for done in [pool.submit(run), pool.submit(run)]:
                    done.result()

        self.end_alike([run], [both])

    def crash_is_harmless(self, window: Window, crash: Step) -> None:
        """Let a run die, then run the window."""
        run = partial(self.run, window)
        self.end_alike([run], [crash, run])

    def end_alike(self, one: Sequence[Step], other: Sequence[Step]) -> None:
        """Live two histories from the beginning; compare their ends.

        Raises:
            NotIdempotent: naming each table that differs.
        """
        expected, found = self._live(one), self._live(other)
        faults = [
            f"{table}: {found[table]} instead of {rows}"
            for table, rows in expected.items()
            if found[table] != rows
        ]
        if faults:
            raise NotIdempotent("; ".join(faults))

    def _live(self, history: Sequence[Step]) -> Mapping[str, Fingerprint]:
        self.reset()
        for step in history:
            step()
        return self.state()


# --8<-- [end:properties]
