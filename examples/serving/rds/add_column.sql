CREATE OR REPLACE VIEW serving.levels AS
SELECT measure_id, local_date, highest_m, as_of, data_version,
    highest_m > 1.5 AS is_high  -- new columns come last
FROM marts.levels;
