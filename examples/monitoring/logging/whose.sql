SELECT pid, application_name, state, wait_event_type, query_start
FROM pg_stat_activity
WHERE starts_with(application_name, %(run_id)s)
