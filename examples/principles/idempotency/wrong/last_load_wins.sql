-- What is loaded last stays, even if it is an old extraction, loaded again.
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
ON CONFLICT (measure_id, observed_at) DO UPDATE
SET
    value = excluded.value,
    fetched_at = excluded.fetched_at,
    manifest_id = excluded.manifest_id,
    page_no = excluded.page_no,
    loaded_at = excluded.loaded_at
