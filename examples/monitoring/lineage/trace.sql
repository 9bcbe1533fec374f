SELECT
    reading.observed_at,
    reading.value,
    stored.object_key,
    stored.sha256,
    stored.url,
    run.run_id,
    run.code_version
FROM serving.river_levels_daily AS daily
INNER JOIN marts.fct_readings AS fact
    ON
        daily.measure_id = fact.measure_id
        AND daily.local_date
        = (fact.observed_at AT TIME ZONE 'Europe/London')::date
        AND daily.highest = round(fact.value::numeric, 3)
        AND fact.is_plausible
INNER JOIN raw.readings AS reading
    ON
        fact.measure_id = reading.measure_id
        AND fact.observed_at = reading.observed_at
INNER JOIN ops.objects AS stored
    ON
        reading.manifest_id = stored.manifest_id
        AND reading.page_no = stored.page_no
INNER JOIN ops.runs AS run
    ON reading.manifest_id = run.manifest_id AND run.status = 'succeeded'
WHERE daily.measure_id = %(measure_id)s AND daily.local_date = %(local_date)s
ORDER BY reading.observed_at, run.finished_at DESC
LIMIT 1
