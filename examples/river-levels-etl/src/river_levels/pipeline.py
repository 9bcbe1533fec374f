"""The pipeline: one set of functions for the laptop, Airflow and Lambda."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from river_levels import __version__, ledger
from river_levels.config import Settings
from river_levels.database import connect, migrate
from river_levels.errors import StorageError
from river_levels.extract import extract
from river_levels.flood_api import FloodApi
from river_levels.http import PoliteClient, RateLimiter
from river_levels.ledger import Counts
from river_levels.load import load
from river_levels.secrets import with_login
from river_levels.serve import serve
from river_levels.storage import Manifest, RawStore, s3_client
from river_levels.transform import Outcome, transform
from river_levels.windows import Window

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunResult:
    """What one run did."""

    window: Window
    counts: Counts
    extracted: bool
    exported: bool


@dataclass
class Pipeline:
    """The steps, and what they need. Use :func:`opened` to make one."""

    settings: Settings
    engine: Engine
    store: RawStore
    api: FloodApi

    def prepare(self) -> None:
        """Bring the tables up to date; every step but extract needs them."""
        migrate(self.engine)

    def extract(self, window: Window) -> Manifest:
        """Ask the source for a window and keep what it answers in S3."""
        place = self.settings
        area = (place.latitude, place.longitude, place.distance_km)
        return extract(self.api, self.store, window, area)

    def load(self, window: Window) -> Counts:
        """Load the newest extraction of a window.

        Raises:
            StorageError: if the window was never extracted.
        """
        manifest = self.store.newest_manifest(window)
        if manifest is None:
            raise StorageError(
                f"window {window} was never extracted",
                "run `river-levels extract` with the same window first",
            )
        return self._load(manifest, "load")

    def transform(self, *arguments: str) -> Outcome:
        """Build and test the dbt models."""
        return transform(self.settings, self.engine, *arguments)

    def serve(self) -> bool:
        """Check the serving views and export them; say if that changed."""
        return serve(self.settings, self.engine, self.store)

    def ingest(self, window: Window, command: str) -> tuple[Counts, bool]:
        """Extract and load a window; say whether the source was asked.

        What an earlier run extracted but could not load is loaded without
        asking the source again.
        """
        manifest = self.store.newest_manifest(window)
        is_new = manifest is None or ledger.is_settled(
            self.engine, manifest.key
        )
        with ledger.recorded(self.engine, command, window) as run_id:
            if manifest is None or is_new:
                manifest = self.extract(window)
            counts = self._load_as(manifest, run_id)
        return counts, is_new

    def run(self, window: Window) -> RunResult:
        """Bring one window from the source to the readers."""
        counts, extracted = self.ingest(window, "run")
        self.transform()
        return RunResult(window, counts, extracted, exported=self.serve())

    def backfill(
        self, window: Window, step: timedelta, *, again: bool = False
    ) -> Iterator[tuple[Window, Counts | None]]:
        """Ingest a long window piece by piece, then transform and serve once.

        Yields each piece with its counts; None if it was done before and
        ``again`` is false.
        """
        for part in window.split(step):
            if not again and ledger.is_done(self.engine, part):
                yield part, None
            else:
                yield part, self.ingest(part, "backfill")[0]
        self.transform()
        self.serve()

    def _load(self, manifest: Manifest, command: str) -> Counts:
        window = manifest.window
        with ledger.recorded(self.engine, command, window) as run_id:
            return self._load_as(manifest, run_id)

    def _load_as(self, manifest: Manifest, run_id: str) -> Counts:
        share = self.settings.max_quarantine_share
        return load(self.engine, self.store, manifest, run_id, share)


@contextmanager
def opened(settings: Settings) -> Iterator[Pipeline]:
    """Open the database, the bucket and the client; close them at the end.

    Raises:
        ConfigError: if the login is kept apart and cannot be had.
        StorageError: if the bucket is missing or closed to us.
    """
    settings = with_login(settings)
    store = RawStore(s3_client(), settings.bucket)
    store.check()
    engine = connect(
        settings.sqlalchemy_url, f"river-levels-etl {__version__}"
    )
    contact = f" (+{settings.contact})" if settings.contact else ""
    client = PoliteClient(
        settings.api_url,
        f"river-levels-etl/{__version__}{contact}",
        RateLimiter(settings.requests_per_second),
        settings.retry_budget_s,
        settings.read_timeout_s,
    )
    try:
        yield Pipeline(settings, engine, store, FloodApi(client))
    finally:
        client.close()
        engine.dispose()
