CREATE VIEW raw_typed AS
SELECT station, at::timestamptz AS at, value::numeric AS level_m
FROM raw_readings
WHERE value ~ '^-?\d+(\.\d+)?$';

CREATE VIEW daily_by_elt AS
SELECT
    station,
    (at AT TIME ZONE 'Europe/London')::date AS day,
    count(*) AS readings,
    round(avg(level_m), 3) AS mean_m
FROM raw_typed
GROUP BY 1, 2;
