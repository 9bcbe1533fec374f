SELECT ward, count(*) AS reports
FROM serving.flood_reports
WHERE day = date '2026-03-01'
GROUP BY ward
ORDER BY ward;
