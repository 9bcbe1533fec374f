"""Every station has a town; for those without, the town is unknown."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Fill the gaps, then forbid new ones."""
    op.execute("UPDATE raw.stations SET town = 'unknown' WHERE town IS NULL")
    op.execute("ALTER TABLE raw.stations ALTER town SET NOT NULL")
