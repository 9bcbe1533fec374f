SELECT
    count(*) AS runs,
    round(
        100.0 * count(*) FILTER (WHERE status = 'succeeded') / count(*), 1
    ) AS succeeded_percent,
    percentile_cont(0.95) WITHIN GROUP (
        ORDER BY extract(epoch FROM finished_at - started_at)
    ) AS p95_seconds,
    sum(rows_kept) AS rows_kept,
    -- How old the newest event is when a run ends; until the next it ages.
    round(
        100.0 * count(*) FILTER (
            WHERE finished_at - watermark <= interval '45 minutes'
        ) / count(*) FILTER (WHERE watermark IS NOT NULL),
        1
    ) AS fresh_percent
FROM ops.runs
WHERE started_at >= %(since)s AND started_at < %(until)s
