CREATE SCHEMA raw;

CREATE TABLE raw.wards (
    ward_code text PRIMARY KEY,
    name      text NOT NULL
);

CREATE TABLE raw.flood_reports (
    report_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference   text NOT NULL UNIQUE,
    ward_code   text NOT NULL REFERENCES raw.wards,
    reported_at timestamptz NOT NULL,
    damage_gbp  numeric(12, 2),
    description text NOT NULL
);
