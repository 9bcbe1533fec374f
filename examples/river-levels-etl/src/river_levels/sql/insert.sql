INSERT INTO raw.readings (
    measure_id, observed_at, value,
    fetched_at, manifest_id, page_no, loaded_at
)
SELECT
    new.measure_id,
    new.observed_at,
    new.value,
    %(fetched_at)s,
    %(manifest_id)s,
    new.page_no,
    clock_timestamp()
FROM candidate AS new
WHERE NOT EXISTS (
    SELECT FROM raw.readings AS kept
    WHERE
        kept.measure_id = new.measure_id
        AND kept.observed_at = new.observed_at
)
