INSERT INTO raw.measures AS kept
SELECT DISTINCT ON (measure_id)
    measure_id,
    station_id,
    parameter,
    qualifier,
    unit,
    period_s,
    true,
    %(fetched_at)s::timestamptz
FROM incoming_measure
ORDER BY measure_id, page_no
ON CONFLICT (measure_id) DO UPDATE
SET
    station_id = excluded.station_id,
    parameter = excluded.parameter,
    qualifier = excluded.qualifier,
    unit = excluded.unit,
    period_s = excluded.period_s,
    is_listed = true,
    fetched_at = excluded.fetched_at
WHERE kept.fetched_at < excluded.fetched_at
