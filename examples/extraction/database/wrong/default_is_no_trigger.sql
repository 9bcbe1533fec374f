-- Whoever inserts may send another time, and an update changes nothing here.
ALTER TABLE casework.flood_reports
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN changed_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE INDEX ON casework.flood_reports (updated_at);
