CREATE SCHEMA raw;

CREATE TABLE raw.flood_reports (
    report_id   serial PRIMARY KEY,
    reference   varchar(12),
    ward_code   varchar(9),
    reported_at timestamp,
    damage_gbp  double precision,
    description varchar(80)
);
