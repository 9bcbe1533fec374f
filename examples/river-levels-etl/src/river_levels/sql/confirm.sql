-- Seen again, unchanged: note the newer sighting, so that an older one that
-- is loaded later cannot overrule it. loaded_at stays: nothing changed.
UPDATE raw.readings AS kept
SET
    fetched_at = %(fetched_at)s,
    manifest_id = %(manifest_id)s,
    page_no = new.page_no
FROM candidate AS new
WHERE
    kept.measure_id = new.measure_id
    AND kept.observed_at = new.observed_at
    AND kept.value = new.value
    AND kept.fetched_at < %(fetched_at)s
