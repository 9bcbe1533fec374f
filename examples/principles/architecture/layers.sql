CREATE SCHEMA staging;
CREATE SCHEMA serving;

CREATE VIEW staging.readings AS
SELECT station AS station_id, at AS observed_at, value
FROM raw.readings;

CREATE VIEW serving.levels AS
SELECT station_id, observed_at, value AS level_m
FROM staging.readings;

CREATE ROLE reader;
GRANT USAGE ON SCHEMA serving TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA serving TO reader;
