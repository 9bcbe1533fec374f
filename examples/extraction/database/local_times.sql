SELECT
    report_id,
    CASE WHEN reason IS NULL THEN guess END AS reported_at,
    reason
FROM (
    SELECT
        report_id,
        guess,
        CASE
            WHEN guess AT TIME ZONE 'Europe/London' <> reported_at
                THEN 'reported_at never was'
            WHEN (guess - interval '1 hour') AT TIME ZONE 'Europe/London'
                = reported_at
                THEN 'reported_at was twice'
        END AS reason
    FROM (
        SELECT
            report_id,
            reported_at,
            reported_at AT TIME ZONE 'Europe/London' AS guess
        FROM casework.flood_reports
    ) AS guessed
) AS judged
ORDER BY report_id
