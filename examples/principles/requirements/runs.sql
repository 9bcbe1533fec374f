SELECT window_end, finished_at
FROM ops.runs
WHERE status = 'succeeded'
ORDER BY finished_at;
