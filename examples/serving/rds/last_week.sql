SELECT measure_id, max(highest_m) AS highest_m
FROM serving.levels
WHERE local_date >= '2026-11-16' AND local_date < '2026-11-23'
GROUP BY measure_id
