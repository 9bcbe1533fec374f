-- Our side: what we took, how far we are, and what has gone.
CREATE SCHEMA raw;
CREATE TABLE raw.flood_reports (
    report_id   bigint PRIMARY KEY,
    ward        text NOT NULL,
    depth_cm    numeric(5, 1) NOT NULL,
    updated_at  timestamptz NOT NULL,
    deleted_at  timestamptz
);
CREATE TABLE raw.progress (
    source text PRIMARY KEY,
    state  text NOT NULL
);
