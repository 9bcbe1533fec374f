-- Takes what is newer than all it has: the result depends on earlier runs.
INSERT INTO river_levels
SELECT
    incoming.measure_id,
    incoming.observed_at,
    incoming.value
FROM incoming
WHERE incoming.observed_at > (
    SELECT coalesce(max(known.observed_at), '-infinity')
    FROM river_levels AS known
)
