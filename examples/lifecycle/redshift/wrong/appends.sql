INSERT INTO raw_data.readings
SELECT measure_id, observed_at, level_m, fetched_at
FROM readings_new;
