"""The new version runs on the tables, and the rows, of the last release."""

# --8<-- [start:migration]
from pathlib import Path

import alembic.command
import alembic.config
from sqlalchemy import Engine, text

from river_levels.database import MIGRATIONS

COUNT = "SELECT count(*), count(town) FROM raw.stations"


def upgrade(engine: Engine, versions: Path) -> None:
    """Bring tables of the last release up to date."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "version_locations", f"{MIGRATIONS / 'versions'}\n{versions}"
    )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")


def test_rows_are_all_there_when_the_last_release_is_upgraded(
    last_release: Engine, versions: Path
) -> None:
    with last_release.connect() as connection:
        total, with_town = connection.execute(text(COUNT)).one()
    assert 0 < with_town < total, "rows such as production has"

    upgrade(last_release, versions)

    with last_release.connect() as connection:
        assert connection.execute(text(COUNT)).one() == (total, total)


# --8<-- [end:migration]
