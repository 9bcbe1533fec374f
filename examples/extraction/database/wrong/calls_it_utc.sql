SELECT
    report_id,
    reported_at AT TIME ZONE 'UTC' AS reported_at,
    NULL AS reason
FROM casework.flood_reports
ORDER BY report_id
