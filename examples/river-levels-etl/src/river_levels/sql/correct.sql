-- The source changed its mind: the value that was fetched last wins.
UPDATE raw.readings AS kept
SET
    value = new.value,
    fetched_at = %(fetched_at)s,
    manifest_id = %(manifest_id)s,
    page_no = new.page_no,
    loaded_at = clock_timestamp()
FROM candidate AS new
WHERE
    kept.measure_id = new.measure_id
    AND kept.observed_at = new.observed_at
    AND kept.value <> new.value
    AND kept.fetched_at < %(fetched_at)s
