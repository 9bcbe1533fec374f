CREATE VIEW serving.latest_levels AS
SELECT measure_id, max(observed_at) AS observed_at
FROM marts.readings
GROUP BY measure_id
WITH NO SCHEMA BINDING;
