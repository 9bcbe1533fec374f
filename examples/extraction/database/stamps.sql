-- The database says when a row changed, and in which transaction.
ALTER TABLE casework.flood_reports
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN changed_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION casework.stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    NEW.changed_in := pg_current_xact_id();
    RETURN NEW;
END $$;

CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON casework.flood_reports
    FOR EACH ROW EXECUTE FUNCTION casework.stamp();

CREATE INDEX ON casework.flood_reports (updated_at);
CREATE INDEX ON casework.flood_reports (changed_in);
