SELECT
    check_name,
    count(*) AS runs,
    count(*) FILTER (WHERE found = 0) AS passed,
    round(100.0 * count(*) FILTER (WHERE found = 0) / count(*)) AS score,
    max(window_end) AS last_run
FROM ops.check_results
GROUP BY check_name
ORDER BY score, check_name
