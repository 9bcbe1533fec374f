INSERT INTO raw.quarantine AS kept (
    item_hash, dataset, reason, detail, payload,
    first_manifest_id, first_page_no, last_manifest_id
)
SELECT DISTINCT ON (item_hash)
    item_hash,
    dataset,
    reason,
    detail,
    payload,
    %(manifest_id)s::bigint,
    page_no,
    %(manifest_id)s::bigint
FROM incoming_reject
ORDER BY item_hash, page_no
ON CONFLICT (item_hash) DO UPDATE
SET last_manifest_id = excluded.last_manifest_id
WHERE kept.last_manifest_id <> excluded.last_manifest_id
