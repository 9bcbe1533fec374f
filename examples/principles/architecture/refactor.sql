DROP VIEW serving.levels;
DROP VIEW staging.readings;

CREATE VIEW staging.readings AS
SELECT station AS station_id, at AS observed_at, value AS level_m
FROM raw.readings;

CREATE VIEW serving.levels AS
SELECT station_id, observed_at, level_m
FROM staging.readings;
