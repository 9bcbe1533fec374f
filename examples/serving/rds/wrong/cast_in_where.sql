SELECT measure_id, max(highest_m) AS highest_m
FROM serving.levels
WHERE to_char(local_date, 'IYYY-IW') = '2026-47'
GROUP BY measure_id
