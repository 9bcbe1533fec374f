BEGIN;

CREATE TEMP TABLE readings_last AS
SELECT measure_id, observed_at, level_m, fetched_at
FROM (
    SELECT
        measure_id, observed_at, level_m, fetched_at,
        row_number() OVER (
            PARTITION BY measure_id, observed_at ORDER BY fetched_at DESC
        ) AS nth
    FROM readings_new
) AS numbered
WHERE nth = 1;

MERGE INTO raw_data.readings
USING readings_last AS fresh
ON raw_data.readings.measure_id = fresh.measure_id
AND raw_data.readings.observed_at = fresh.observed_at
WHEN MATCHED THEN
UPDATE SET level_m = fresh.level_m, fetched_at = fresh.fetched_at
WHEN NOT MATCHED THEN
INSERT (measure_id, observed_at, level_m, fetched_at)
VALUES (fresh.measure_id, fresh.observed_at, fresh.level_m, fresh.fetched_at);

DROP TABLE readings_last;

COMMIT;
