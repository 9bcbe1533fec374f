-- What is there stays: a correction never arrives.
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
ON CONFLICT (measure_id, observed_at) DO NOTHING
