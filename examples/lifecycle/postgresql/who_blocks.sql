SELECT
    waiting.pid,
    waiting.application_name AS waits,
    blocking.application_name AS for_whom,
    blocking.pid AS blocking_pid,
    blocking.state,
    clock_timestamp() - blocking.xact_start AS transaction_age
FROM pg_stat_activity AS waiting
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocker (pid)
INNER JOIN pg_stat_activity AS blocking ON blocker.pid = blocking.pid
ORDER BY transaction_age DESC
