"""Raw tables, quarantine, run ledger, and the read-only role."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE SCHEMA raw;

CREATE TABLE ops.manifests (
    manifest_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    manifest_key text NOT NULL UNIQUE,
    window_start timestamptz NOT NULL,
    window_end   timestamptz NOT NULL,
    fetched_at   timestamptz NOT NULL,
    CHECK (window_start < window_end)
);

CREATE TABLE ops.objects (
    manifest_id bigint NOT NULL REFERENCES ops.manifests,
    page_no     integer NOT NULL,
    object_key  text NOT NULL,
    sha256      text NOT NULL,
    url         text NOT NULL,
    fetched_at  timestamptz NOT NULL,
    PRIMARY KEY (manifest_id, page_no)
);

CREATE TABLE ops.runs (
    run_id              uuid PRIMARY KEY,
    command             text NOT NULL,
    window_start        timestamptz NOT NULL,
    window_end          timestamptz NOT NULL,
    status              text NOT NULL CHECK (status IN
        ('running', 'succeeded', 'rejected', 'failed', 'abandoned')),
    started_at          timestamptz NOT NULL,
    finished_at         timestamptz,
    code_version        text NOT NULL,
    manifest_id         bigint REFERENCES ops.manifests,
    rows_read           bigint,
    rows_kept           bigint,
    rows_quarantined    bigint,
    rows_inserted       bigint,
    rows_corrected      bigint,
    rows_unchanged      bigint,
    rows_duplicate      bigint,
    rows_outside_window bigint,
    watermark           timestamptz,
    error               text,
    CHECK (rows_read = rows_kept + rows_quarantined),
    CHECK (rows_kept = rows_inserted + rows_corrected + rows_unchanged
                       + rows_duplicate)
);

CREATE TABLE raw.readings (
    measure_id  text NOT NULL,
    observed_at timestamptz NOT NULL,
    value       double precision NOT NULL,
    fetched_at  timestamptz NOT NULL,
    -- Of ops.manifests, whose row the same transaction writes. A foreign key
    -- would check each row alone, which doubles the time of a large load.
    manifest_id bigint NOT NULL,
    page_no     integer NOT NULL,
    loaded_at   timestamptz NOT NULL,
    PRIMARY KEY (measure_id, observed_at)
);
CREATE INDEX ON raw.readings (loaded_at);
COMMENT ON TABLE raw.readings IS
    'One row a measure and moment: the newest value that the source gave';
COMMENT ON COLUMN raw.readings.fetched_at IS
    'When the source last gave this value; decides which of two is newer';
COMMENT ON COLUMN raw.readings.loaded_at IS
    'When the row last changed here; what reads increments must use this';

CREATE TABLE raw.stations (
    station_id        text PRIMARY KEY,
    station_reference text,
    label             text,
    river_name        text,
    town              text,
    catchment_name    text,
    status            text,
    opened_on         date,
    latitude          double precision,
    longitude         double precision,
    datum_offset_m    double precision,
    typical_low_m     double precision,
    typical_high_m    double precision,
    is_listed         boolean NOT NULL,
    fetched_at        timestamptz NOT NULL
);
COMMENT ON COLUMN raw.stations.is_listed IS
    'False once the newest list of the source no longer has the station';

CREATE TABLE raw.measures (
    measure_id text PRIMARY KEY,
    station_id text NOT NULL,
    parameter  text,
    qualifier  text,
    unit       text,
    period_s   double precision,
    is_listed  boolean NOT NULL,
    fetched_at timestamptz NOT NULL
);

CREATE TABLE raw.quarantine (
    item_hash         text PRIMARY KEY,
    dataset           text NOT NULL,
    reason            text NOT NULL,
    detail            text NOT NULL,
    payload           text NOT NULL,
    first_manifest_id bigint NOT NULL,
    first_page_no     integer NOT NULL,
    last_manifest_id  bigint NOT NULL
);
COMMENT ON TABLE raw.quarantine IS
    'Items that could not be used, whole, once each, with the reason';
"""

# A role belongs to the whole server: another database may have made it, or
# somebody who may make roles, when this user may not.
ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_roles WHERE rolname = 'river_levels_ro'
    ) THEN
        CREATE ROLE river_levels_ro NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
"""


def upgrade() -> None:
    """Create the tables, empty."""
    op.execute(TABLES)
    op.execute(ROLE)


def downgrade() -> None:
    """Drop the tables; the role stays, other databases may use it."""
    op.execute("DROP SCHEMA raw CASCADE")
    op.execute("DROP TABLE ops.runs, ops.objects, ops.manifests")
